//! The linters: none finds anything in what we hand out, and each finds the fault that a copy was
//! given on purpose. A linter that finds nothing in the copy would find nothing anywhere.

use super::{Workshop, not_tried};
use crate::repository;
use crate::test::tally::Tally;
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// One file, who reads it, and a fault that the reader must find: what to replace by what.
struct Case {
    file: &'static str,
    tool: &'static [&'static str],
    fault: (&'static str, &'static str),
}

const KUBERNETES: &[&str] = &["kubernetes-validate", "--strict"];

const CASES: [Case; 6] = [
    Case { file: "Dockerfile", tool: &["hadolint"], fault: ("CMD [\"serve\"]", "CMD serve") },
    Case {
        file: "compose.yaml",
        tool: &["check-jsonschema", "--builtin-schema", "vendor.compose-spec"],
        fault: ("    restart: unless-stopped", "    restarts: unless-stopped"),
    },
    Case {
        file: "deploy/kubernetes/statefulset.yaml",
        tool: KUBERNETES,
        fault: ("readOnlyRootFilesystem", "readOnlyRootFileSystem"),
    },
    Case {
        file: "deploy/kubernetes/service.yaml",
        tool: KUBERNETES,
        fault: ("targetPort", "targetport"),
    },
    Case {
        file: "deploy/kubernetes/networkpolicy.yaml",
        tool: KUBERNETES,
        fault: ("podSelector", "podselector"),
    },
    Case {
        file: "deploy/kubernetes/poddisruptionbudget.yaml",
        tool: KUBERNETES,
        fault: ("maxUnavailable", "maxUnavailables"),
    },
];

const UNIT: &str = "deploy/systemd/nexus.service";
/// Where the unit expects the program; a copy that is verified names one that is there.
const INSTALLED: &str = "/usr/local/bin/nexus ";
/// The exposure that `systemd-analyze security` may find at most, in tenths of ten.
const EXPOSURE_MAX: &str = "15";

pub fn check(workshop: &Workshop) -> anyhow::Result<Tally> {
    let mut total = Tally::default();
    for case in &CASES {
        total.add(lint(workshop, case)?);
    }
    all_files_are_linted(workshop)?;
    total.add(unit(workshop)?);
    total.add(toolchain(&workshop.root)?);
    Ok(total)
}

fn lint(workshop: &Workshop, case: &Case) -> anyhow::Result<Tally> {
    let Case { file, tool, fault } = case;
    expect(tool[0], file, ran(workshop, tool, &workshop.root.join(file))?, true)?;
    let bad = spoilt(workshop, file, *fault)?;
    expect(tool[0], &format!("a spoilt copy of {file}"), ran(workshop, tool, &bad)?, false)?;
    println!("    {}: nothing in {file}, and the fault in a spoilt copy", tool[0]);
    Ok(Tally { passed: 2, failed: 0, skipped: 0 })
}

/// What a linter said, and whether it was content.
struct Verdict {
    content: bool,
    words: String,
}

fn ran(workshop: &Workshop, tool: &[&str], file: &Path) -> anyhow::Result<Verdict> {
    verdict(workshop.tool(tool[0]).args(&tool[1..]).arg(file))
}

fn verdict(command: &mut Command) -> anyhow::Result<Verdict> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("{program} does not start"))?;
    let words = [output.stdout, output.stderr].concat();
    let words = String::from_utf8_lossy(&words).trim().to_owned();
    Ok(Verdict { content: output.status.success(), words })
}

fn expect(tool: &str, what: &str, verdict: Verdict, content: bool) -> anyhow::Result<()> {
    if verdict.content == content {
        return Ok(());
    }
    match content {
        true => bail!("{tool} finds in {what}:\n{}", verdict.words),
        false => bail!("{tool} finds nothing in {what}, so it proves nothing:\n{}", verdict.words),
    }
}

/// A copy with the fault in it, under the same file name.
fn spoilt(
    workshop: &Workshop,
    file: &str,
    (right, wrong): (&str, &str),
) -> anyhow::Result<PathBuf> {
    let text = std::fs::read_to_string(workshop.root.join(file)).context(file.to_owned())?;
    if !text.contains(right) {
        bail!("{file} has no {right:?} any more: give its control another fault");
    }
    let folder = workshop.folder.join("spoilt");
    std::fs::create_dir_all(&folder).context("no folder for spoilt copies")?;
    let name = Path::new(file).file_name().context("a file has a name")?;
    let copy = folder.join(name);
    std::fs::write(&copy, text.replace(right, wrong)).context("a copy cannot be written")?;
    Ok(copy)
}

/// A manifest that is added must be added to the cases too.
fn all_files_are_linted(workshop: &Workshop) -> anyhow::Result<()> {
    const FOLDER: &str = "deploy/kubernetes";
    for entry in std::fs::read_dir(workshop.root.join(FOLDER)).context(FOLDER)? {
        let name = entry.context(FOLDER)?.file_name();
        let file = format!("{FOLDER}/{}", name.to_string_lossy());
        if !CASES.iter().any(|case| case.file == file) {
            bail!("{file} is linted by nobody: add it to xtask/src/containers/lint.rs");
        }
    }
    Ok(())
}

/// The unit is one that systemd understands, and as closed as it can be. The control is a unit
/// with a misspelt setting, and one without what closes it.
fn unit(workshop: &Workshop) -> anyhow::Result<Tally> {
    if !repository::on_path("systemd-analyze") {
        return Ok(not_tried("the systemd unit", "there is no systemd-analyze here"));
    }
    let present = "/bin/true ";
    let text = std::fs::read_to_string(workshop.root.join(UNIT)).context(UNIT)?;
    let text = text.replace(INSTALLED, present);
    let folder = workshop.folder.join("units");
    std::fs::create_dir_all(&folder).context("no folder for units")?;
    let write = |name: &str, text: &str| -> anyhow::Result<PathBuf> {
        let path = folder.join(name);
        std::fs::write(&path, text).context("a unit cannot be written")?;
        Ok(path)
    };
    let good = write("nexus.service", &text)?;
    let misspelt = text.replace("ProtectHome", "ProtectHouse");
    let misspelt = write("misspelt.service", &misspelt)?;
    let open: Vec<&str> = text.lines().filter(|line| !line.starts_with("System")).collect();
    let open = write("open.service", &open.join("\n"))?;
    let verify = |path: &Path| {
        let mut verdict = verdict(Command::new("systemd-analyze").arg("verify").arg(path))?;
        // What it does not know it only mentions.
        verdict.content &= verdict.words.is_empty();
        anyhow::Ok(verdict)
    };
    let exposure = |path: &Path| {
        let mut command = Command::new("systemd-analyze");
        command.args(["security", "--offline=true", "--no-pager"]);
        verdict(command.arg(format!("--threshold={EXPOSURE_MAX}")).arg(path))
    };
    expect("systemd-analyze verify", UNIT, verify(&good)?, true)?;
    expect("systemd-analyze verify", "a misspelt unit", verify(&misspelt)?, false)?;
    expect("systemd-analyze security", UNIT, exposure(&good)?, true)?;
    expect("systemd-analyze security", "an open unit", exposure(&open)?, false)?;
    println!("    systemd-analyze: {UNIT} is understood and closed, and two bad copies are not");
    Ok(Tally { passed: 4, failed: 0, skipped: 0 })
}

/// The image is built with the Rust that `Cargo.toml` asks for.
fn toolchain(root: &Path) -> anyhow::Result<Tally> {
    let read = |file: &str| std::fs::read_to_string(root.join(file)).context(file.to_owned());
    let (manifest, dockerfile) = (read("Cargo.toml")?, read("Dockerfile")?);
    let wanted = manifest.lines().find_map(|line| line.strip_prefix("rust-version = \""));
    let wanted = wanted.context("Cargo.toml names no rust-version")?.trim_end_matches('"');
    if !dockerfile.contains(&format!("/rust:{wanted}-")) {
        bail!("Cargo.toml asks for Rust {wanted}, and the Dockerfile builds with another one");
    }
    Ok(Tally { passed: 1, failed: 0, skipped: 0 })
}
