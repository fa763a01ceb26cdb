//! What the files hold: events, a table that a mapping explains, or records of another system.

use super::node_sink::EmbeddedNode;
use super::{IngestArgs, IngestFormat};
use nexus_engine::catalog::{Course, Names, validation};
use nexus_ingest::Fault;
use nexus_ingest::answers::Decoder;
use nexus_ingest::fingerprint::Lineage;
use nexus_ingest::foreign::{ActorKey, Foreign, ForeignFormat, IriIndex};
use nexus_ingest::mapping::Mapping;
use nexus_ingest::source::Assembly;
use nexus_store::secret::ServerKey;
use std::path::Path;
use std::sync::Arc;

/// What the files hold.
pub enum FileForm {
    Events,
    Table(Box<Mapping>),
    Foreign(Foreign),
}

impl FileForm {
    /// Of a run into data: courses name things, and the key of the data makes people learners.
    pub fn with_data(args: &IngestArgs, data: &Path, node: &EmbeddedNode) -> anyhow::Result<Self> {
        let Some(format) = args.format else { return Self::ours(args) };
        let key = ActorKey::new(ServerKey::open(data)?.actors());
        Ok(Self::Foreign(Foreign {
            format: format.into(),
            key,
            iris: IriIndex::new(node.courses()?),
        }))
    }

    /// Of a dry run: only the course file names things, and people become learners of no other run.
    pub fn without_data(args: &IngestArgs) -> anyhow::Result<Self> {
        let Some(format) = args.format else { return Self::ours(args) };
        let course = args.course.as_deref().map(read_course).transpose()?;
        let (key, iris) = (ActorKey::new([0; 32]), IriIndex::new(course));
        Ok(Self::Foreign(Foreign { format: format.into(), key, iris }))
    }

    fn ours(args: &IngestArgs) -> anyhow::Result<Self> {
        let mapping = args.map.as_deref().map(Mapping::load).transpose()?;
        Ok(mapping.map_or(Self::Events, |mapping| Self::Table(Box::new(mapping))))
    }

    fn mapping(&self) -> Option<&Mapping> {
        match self {
            Self::Table(mapping) => Some(mapping),
            Self::Events | Self::Foreign(_) => None,
        }
    }

    /// How the lines of the files make records.
    pub fn assembly(&self) -> Assembly {
        match self {
            Self::Foreign(_) => Assembly::LinesOrArray,
            _ => Decoder::assembly(self.mapping()),
        }
    }

    /// A decoder for one file.
    pub fn decoder(&self, lineage: &Lineage) -> Result<Decoder, Fault> {
        match self {
            Self::Foreign(foreign) => Ok(Decoder::Foreign(Box::new(foreign.decoder()?))),
            _ => Decoder::new(self.mapping(), lineage),
        }
    }
}

impl From<IngestFormat> for ForeignFormat {
    fn from(format: IngestFormat) -> Self {
        match format {
            IngestFormat::Xapi => Self::Xapi,
            IngestFormat::Openedx => Self::Openedx,
        }
    }
}

/// A course file as it would be published.
fn read_course(file: &Path) -> anyhow::Result<Arc<Course>> {
    let draft = super::node_sink::read_draft(file)?;
    let course = validation::publish(&draft, &mut Names::default());
    let course = course.map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the course is not sound:\n{}", lines.join("\n"))
    })?;
    Ok(Arc::new(course))
}
