//! The repository speaks of the project alone: no folder of a developer's machine, no address of a
//! package registry.

use super::Finding;
use super::tree::Tree;

/// First folders of absolute paths. The slashes are added below, so that this file passes too.
const FOLDERS: [&str; 4] = ["work", "root", "home", "Users"];

/// Hosts of registries, cut in two for the same reason.
const HOSTS: [(&str, &str); 8] = [
    ("registry.", "npmjs"),
    ("registry.", "yarnpkg"),
    ("static.", "crates.io"),
    ("index.", "crates.io"),
    ("python", "hosted"),
    ("proxy.", "golang"),
    ("arti", "factory"),
    ("sparse+", "http"),
];

pub fn paths_and_hosts(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.files() {
        for (index, line) in file.text.lines().enumerate() {
            let mut report = |what: &str| {
                let message = format!("`{what}` does not belong in the repository");
                found.push(Finding::new(&file.path, index + 1, message));
            };
            FOLDERS.iter().filter_map(|name| absolute(line, name)).for_each(|path| report(&path));
            let hosts = HOSTS.iter().map(|(left, right)| format!("{left}{right}"));
            hosts.filter(|host| line.contains(host.as_str())).for_each(|host| report(&host));
        }
    }
    found
}

/// The folder's absolute path if the line has it, and not as the middle of a longer one.
fn absolute(line: &str, folder: &str) -> Option<String> {
    let path = format!("/{folder}/");
    let starts = |at: usize| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-~}>*)".contains(c))
    };
    line.match_indices(&path).any(|(at, _)| starts(at)).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_and_host_is_found() {
        for folder in FOLDERS {
            for line in [
                format!("x = \"/{folder}/a\""),
                format!("see /{folder}/"),
                format!("file:///{folder}/b"),
            ] {
                assert_eq!(paths_and_hosts(&Tree::of(&[("a.md", &line)])).len(), 1, "{line}");
            }
        }
        for (left, right) in HOSTS {
            let line = format!("from {left}{right}");
            assert_eq!(paths_and_hosts(&Tree::of(&[("a.json", &line)])).len(), 1, "{line}");
        }
    }

    #[test]
    fn relative_paths_and_addresses_pass() {
        for folder in FOLDERS {
            for line in [
                format!("docs/{folder}/a"),
                format!("https://a.example/{folder}/b"),
                format!("/{folder}s"),
            ] {
                assert!(paths_and_hosts(&Tree::of(&[("a.md", &line)])).is_empty(), "{line}");
            }
        }
    }
}
