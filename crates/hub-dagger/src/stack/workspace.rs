//! How the project folder gets to `/workspace`.

use super::WORKSPACE;
use super::folder::FolderCopy;
use dagger_sdk::{
    Container, ContainerWithMountedDirectoryOpts, ContainerWithMountedVolumeOpts, Id,
};

/// How the folder gets in.
#[derive(Clone, Debug)]
pub(crate) enum Workspace {
    /// A live mount: what changes on either side is there on the other.
    Live {
        /// The volume.
        volume: Id,
        /// Nothing may be written.
        read_only: bool,
    },
    /// A copy that is kept alike with the folder, for engines that have no live mounts.
    Synced(FolderCopy),
    /// The folder as it was when the session began, where it cannot be mounted and is too large to be
    /// kept alike. Nothing can be written, because what is written there would be lost.
    Snapshot {
        /// The folder's content.
        directory: Id,
    },
}

impl Workspace {
    /// Mounts it.
    pub(super) fn mount(&self, container: Container) -> Container {
        match self {
            Self::Live { volume, read_only } => {
                let options =
                    ContainerWithMountedVolumeOpts { expand: None, read_only: Some(*read_only) };
                container.with_mounted_volume_opts(WORKSPACE, volume.clone(), options)
            }
            Self::Synced(copy) => copy.mount(container),
            Self::Snapshot { directory } => {
                let options = ContainerWithMountedDirectoryOpts {
                    expand: None,
                    owner: None,
                    read_only: Some(true),
                };
                container.with_mounted_directory_opts(WORKSPACE, directory.clone(), options)
            }
        }
    }

    /// True where nothing can be written to it.
    pub(crate) const fn is_read_only(&self) -> bool {
        match self {
            Self::Live { read_only, .. } | Self::Synced(FolderCopy { read_only, .. }) => *read_only,
            Self::Snapshot { .. } => true,
        }
    }

    /// What keeps the folder from being written to, where it is read-only.
    pub(crate) const fn read_only_by(&self) -> &'static str {
        match self {
            Self::Live { .. } => "a read-only mount",
            Self::Synced(_) => "a copy whose files belong to another account and follow the folder",
            Self::Snapshot { .. } => {
                "a read-only snapshot, as this engine has no live mounts and the folder is too large to be synced"
            }
        }
    }

    /// True where the system tells of changes in it, so that nobody has to look for them.
    pub(crate) const fn tells_changes(&self) -> bool {
        matches!(self, Self::Synced(_))
    }
}
