//! The TypeScript client: compiled strictly with the compiler of the contract tests, compared with the
//! types of the API document, and run in Node against a real server behind a bad network. Then the
//! snippets of the how-to, in every language that is there, and in a browser.

use crate::contract::Tools;
use crate::test::tally::Tally;
use crate::{python, repository, step};
use anyhow::{Context, bail};
use std::path::Path;
use std::process::Command;

const SOURCE: &str = "sdk/typescript";
/// Where a program that lies in the same folder finds the package by its name.
const PACKAGE: &str = "node_modules/@nexus-learning/client";

/// Builds the package and runs its tests. The wheel must be installed.
///
/// # Errors
/// A tool cannot be installed, the package cannot be built, or a test fails.
pub fn check(root: &Path, binary: &Path) -> anyhow::Result<Tally> {
    let tools = Tools::install(root)?;
    let folder = repository::target(root).join("sdk");
    let package = folder.join(PACKAGE);
    std::fs::create_dir_all(&package).context("no folder for the package")?;
    let source = root.join(SOURCE);
    std::fs::copy(source.join("package.json"), package.join("package.json"))
        .context("package.json cannot be copied")?;
    let mut build = tools.node("tsc");
    build.args(["--strict", "-p"]).arg(&source).arg("--outDir").arg(package.join("dist"));
    step::run("tsc: the client", &mut build)?;
    compare_types(&tools, &source, &folder)?;
    let mut tests = Command::new("node");
    tests.current_dir(root).arg(source.join("tests/vectors.mjs")).arg(package.join("dist"));
    let mut total = Tally { passed: 1, failed: 0, skipped: 0 };
    let see = |line: &str| total.add(Tally::from_browser(line).unwrap_or_default());
    step::run_watched("the client in Node", tests.env("NEXUS_BIN", binary), see)?;
    if total.passed == 1 {
        bail!("stopped at step `the client in Node`: it ended well, but without a test");
    }
    let mut how_to = python::pytest(root, "sdk/tests");
    how_to.env("NEXUS_BIN", binary).env("NEXUS_PACKAGE", &folder);
    total.add(python::run_tests("how to connect a site", &mut how_to)?);
    Ok(total)
}

fn compare_types(tools: &Tools, source: &Path, folder: &Path) -> anyhow::Result<()> {
    tools.write_types(&folder.join("api.ts"))?;
    std::fs::write(folder.join("package.json"), "{\"type\": \"module\"}\n")
        .context("the folder cannot be written")?;
    let program = folder.join("wire.ts");
    std::fs::copy(source.join("tests/wire.ts"), &program).context("wire.ts cannot be copied")?;
    let mut compile = tools.node("tsc");
    compile.args(["--strict", "--noEmit", "--target", "es2022"]);
    step::run(
        "tsc: the client beside the document",
        compile.args(["--module", "nodenext"]).arg(program),
    )
}
