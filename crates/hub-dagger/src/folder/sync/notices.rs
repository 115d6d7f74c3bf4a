//! Tells that something in the project folder has changed, without looking at it.
//!
//! Limits: Linux, and as many folders as the account may watch; elsewhere nothing is told, and whoever
//! wants to know looks now and then.

#[cfg(target_os = "linux")]
pub(super) use linux::Notices;
#[cfg(not(target_os = "linux"))]
pub(super) use none::Notices;

#[cfg(target_os = "linux")]
mod linux {
    use std::path::Path;
    use std::sync::atomic::{AtomicBool, Ordering};

    use rustix::fd::OwnedFd;
    use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
    use rustix::io::Errno;
    use tokio::io::unix::AsyncFd;

    /// Watches folders. What it tells is only that there was a change.
    pub(in super::super) struct Notices {
        file: Option<AsyncFd<OwnedFd>>,
        complete: AtomicBool,
    }

    impl Notices {
        pub(in super::super) fn open() -> Self {
            let made = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC);
            let made = made.map_err(std::io::Error::from).and_then(|file| {
                // SAFETY: the descriptor is owned, so it is open and nobody else's for as long as it is
                // registered.
                unsafe { AsyncFd::register(file) }.map_err(std::io::Error::from)
            });
            let file = made.inspect_err(|fault| {
                tracing::debug!("changes of the folder are not told: {fault}")
            });
            Self { file: file.ok(), complete: AtomicBool::new(false) }
        }

        /// Every folder there is is watched.
        pub(in super::super) fn are_complete(&self) -> bool {
            self.complete.load(Ordering::Acquire)
        }

        /// Before all folders are entered: what was told so far is known.
        pub(in super::super) fn begin(&self) {
            if let Some(file) = &self.file {
                while Self::read(file.get_ref()) {}
            }
            self.complete.store(self.file.is_some(), Ordering::Release);
        }

        /// Watches a folder that is about to be read. Doing so again changes nothing.
        pub(in super::super) fn enter(&self, folder: &Path) {
            let wanted = WatchFlags::MODIFY
                | WatchFlags::ATTRIB
                | WatchFlags::CLOSE_WRITE
                | WatchFlags::CREATE
                | WatchFlags::DELETE
                | WatchFlags::MOVE
                | WatchFlags::ONLYDIR
                | WatchFlags::DONT_FOLLOW;
            let Some(file) = &self.file else { return };
            match inotify::add_watch(file.get_ref(), folder, wanted) {
                // Gone meanwhile.
                Ok(_) | Err(Errno::NOENT | Errno::NOTDIR) => {}
                Err(_) => self.complete.store(false, Ordering::Release),
            }
        }

        /// Resolves when there was a change since the folders were last entered.
        pub(in super::super) async fn changed(&self) {
            let Some(file) = &self.file else { return std::future::pending().await };
            loop {
                let Ok(mut ready) = file.readable().await else {
                    return std::future::pending().await;
                };
                if Self::read(file.get_ref()) {
                    return;
                }
                ready.clear_ready();
            }
        }

        fn read(file: &OwnedFd) -> bool {
            let mut events = [0; 16 * 1024];
            matches!(rustix::io::read(file, &mut events), Ok(length) if length > 0)
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod none {
    use std::path::Path;

    /// Tells nothing.
    pub(in super::super) struct Notices;

    impl Notices {
        pub(in super::super) fn open() -> Self {
            Self
        }

        pub(in super::super) fn are_complete(&self) -> bool {
            false
        }

        pub(in super::super) fn begin(&self) {}

        pub(in super::super) fn enter(&self, _folder: &Path) {}

        pub(in super::super) async fn changed(&self) {
            std::future::pending().await
        }
    }
}
