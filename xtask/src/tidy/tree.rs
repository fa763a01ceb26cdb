//! The tracked files of the repository, read once and handed to every check.

use anyhow::Context;
use std::path::Path;
use std::process::Command;

/// A file and its text; what is not UTF-8 has an empty text.
pub struct File {
    pub path: String,
    pub text: String,
}

/// All tracked files, in the order of their paths.
pub struct Tree {
    files: Vec<File>,
}

/// Folders that are never ours, for when git is not there to say so.
const FOREIGN: [&str; 3] = [".git", "node_modules", "target"];

impl Tree {
    /// Asks git for the files it tracks or would track; without git, walks the folder.
    pub fn load(root: &Path) -> anyhow::Result<Tree> {
        let mut paths = listed_by_git(root).unwrap_or_default();
        if paths.is_empty() {
            walk(root, "", &mut paths)?;
        }
        paths.sort();
        let mut files = Vec::new();
        for path in paths {
            let absolute = root.join(&path);
            if absolute.is_file() {
                let bytes = std::fs::read(&absolute).with_context(|| format!("{path}: lost"))?;
                files.push(File { path, text: String::from_utf8(bytes).unwrap_or_default() });
            }
        }
        Ok(Tree { files })
    }

    /// A repository for a test.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Tree {
        let file =
            |(path, text): &(&str, &str)| File { path: (*path).into(), text: (*text).into() };
        Tree { files: files.iter().map(file).collect() }
    }

    pub fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    pub fn rust(&self) -> impl Iterator<Item = &File> {
        self.files().filter(|file| file.path.ends_with(".rs"))
    }

    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files().map(|file| file.path.as_str())
    }

    pub fn text(&self, path: &str) -> Option<&str> {
        self.files().find(|file| file.path == path).map(|file| file.text.as_str())
    }

    /// Whether this is the path of a file, or of a folder with a file in it.
    pub fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        self.paths().any(|known| {
            known.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let arguments = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
    let output = Command::new("git").current_dir(root).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let paths: Vec<String> = text.split_terminator('\0').map(str::to_owned).collect();
    output.status.success().then_some(paths)
}

fn walk(root: &Path, folder: &str, paths: &mut Vec<String>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        if entry.file_type()?.is_file() {
            paths.push(path);
        } else if !FOREIGN.contains(&name.as_str()) {
            walk(root, &path, paths)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_their_folders_exist_and_nothing_else() {
        let tree = Tree::of(&[("docs/where.md", "")]);
        assert!(tree.has("docs/where.md") && tree.has("docs") && tree.has("docs/"));
        assert!(!tree.has("doc") && !tree.has("docs/where.md/x") && !tree.has("docs/else.md"));
    }

    #[test]
    fn this_file_is_found_with_and_without_git() {
        let root = crate::repository::root().unwrap();
        let here = "xtask/src/tidy/tree.rs";
        assert!(Tree::load(&root).unwrap().has(here));
        let mut paths = Vec::new();
        walk(&root.join("xtask"), "", &mut paths).unwrap();
        assert!(paths.iter().any(|path| format!("xtask/{path}") == here));
    }
}
