//! The guardian on Unix: starts the service in a group of its own and under its own account, obeys
//! the Hub, and ends everything when the Hub is gone.

use hub_native::guard::{Ids, KILL, Notice, Order, TERMINATE};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// From the Hub's death to the kill of what has not ended by itself.
const ORPHAN_GRACE: Duration = Duration::from_secs(2);

pub fn run() -> ExitCode {
    // SAFETY: descriptor 0 is the socket the Hub gave this process; nobody else in it uses it.
    let mut hub = unsafe { UnixStream::from_raw_fd(0) };
    match guard(&mut hub) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            // With the Hub gone as well there is nobody left to tell.
            drop(tell(&mut hub, &Notice::Failed(fault.to_string())));
            ExitCode::FAILURE
        }
    }
}

fn tell(hub: &mut UnixStream, notice: &Notice) -> io::Result<()> {
    let mut line = serde_json::to_vec(notice)?;
    line.push(b'\n');
    hub.write_all(&line)
}

fn guard(hub: &mut UnixStream) -> io::Result<()> {
    let mut line = String::new();
    BufReader::with_capacity(1, &*hub).read_line(&mut line)?;
    let order: Order = serde_json::from_str(&line)?;
    detach()?;
    let signals = child_signals()?;
    let child = start(&order)?;
    tell(hub, &Notice::Started(child.cast_unsigned()))?;
    let mut watch = Watch { child, polite: order.polite_signal, kill_at: None, hub_gone: false };
    let notice = watch.until_gone(hub, &signals)?;
    end_descendants(child);
    if watch.hub_gone {
        return Ok(());
    }
    tell(hub, &notice)
}

/// Leaves the Hub's session, so that Ctrl+C in its terminal does not reach the service, and adopts
/// whatever the service leaves behind.
fn detach() -> io::Result<()> {
    // SAFETY: plain system calls on this process only.
    unsafe {
        check(libc::setsid())?;
        for signal in [libc::SIGINT, libc::SIGHUP, libc::SIGTERM, libc::SIGPIPE] {
            if libc::signal(signal, libc::SIG_IGN) == libc::SIG_ERR {
                return Err(io::Error::last_os_error());
            }
        }
        #[cfg(target_os = "linux")]
        check(libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))?;
    }
    Ok(())
}

fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// A descriptor that becomes readable when a child ends: a pipe written to by the signal's handler.
fn child_signals() -> io::Result<OwnedFd> {
    let mut ends = [0; 2];
    // SAFETY: `ends` is a valid place for two descriptors; the handler only writes one byte.
    unsafe {
        check(libc::pipe(ends.as_mut_ptr()))?;
        for end in ends {
            check(libc::fcntl(end, libc::F_SETFD, libc::FD_CLOEXEC))?;
            check(libc::fcntl(end, libc::F_SETFL, libc::O_NONBLOCK))?;
        }
        WAKE.store(ends[1], std::sync::atomic::Ordering::Relaxed);
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_child as extern "C" fn(libc::c_int) as libc::sighandler_t;
        action.sa_flags = libc::SA_RESTART;
        check(libc::sigaction(libc::SIGCHLD, &raw const action, std::ptr::null_mut()))?;
        Ok(OwnedFd::from_raw_fd(ends[0]))
    }
}

static WAKE: std::sync::atomic::AtomicI32 = std::sync::atomic::AtomicI32::new(-1);

extern "C" fn on_child(_: libc::c_int) {
    let wake = WAKE.load(std::sync::atomic::Ordering::Relaxed);
    // SAFETY: `write` may be called in a signal handler. A full pipe already wakes the reader.
    unsafe { libc::write(wake, b"c".as_ptr().cast(), 1) };
}

/// Starts the service; returns its process id.
fn start(order: &Order) -> io::Result<libc::pid_t> {
    let mut command = Command::new(&order.program);
    command.args(&order.arguments).env_clear().envs(&order.environment);
    command.current_dir(&order.folder);
    command.stdin(if order.input.is_some() { Stdio::piped() } else { Stdio::null() });
    let guardian = std::process::id();
    let (account, cgroups) = (order.account, order.cgroups.clone());
    let protected = order.write_protected.clone();
    // SAFETY: this process has one thread, so the child may allocate between fork and exec.
    unsafe {
        command.pre_exec(move || {
            for file in &cgroups {
                // "0" is whoever writes it.
                std::fs::write(file, "0")?;
            }
            check(libc::setpgid(0, 0))?;
            for signal in [libc::SIGINT, libc::SIGHUP, libc::SIGTERM, libc::SIGPIPE] {
                libc::signal(signal, libc::SIG_DFL);
            }
            if let Some(ids) = account {
                become_account(ids)?;
            }
            die_with_guardian(guardian)?;
            hub_native::confine(&protected).map_err(io::Error::other)
        });
    }
    let mut child = command.spawn()?;
    if let (Some(input), Some(mut stdin)) = (&order.input, child.stdin.take()) {
        // Fits into the pipe as a whole, so that nobody waits for the service to read it.
        stdin.write_all(input.as_bytes())?;
    }
    Ok(child.id().cast_signed())
}

fn become_account(ids: Ids) -> io::Result<()> {
    if ids.uid == 0 {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "a service never runs as root",
        ));
    }
    // SAFETY: plain system calls on this process only.
    unsafe {
        check(libc::setgroups(1, &raw const ids.gid))?;
        check(libc::setgid(ids.gid))?;
        check(libc::setuid(ids.uid))?;
    }
    Ok(())
}

/// The second line of defence: the kernel kills the service when the guardian is killed.
#[cfg(target_os = "linux")]
fn die_with_guardian(guardian: u32) -> io::Result<()> {
    // SAFETY: plain system calls on this process only.
    unsafe {
        check(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0))?;
        // It may have died before the line above.
        if libc::getppid().cast_unsigned() != guardian {
            return Err(io::Error::other("the guardian is gone"));
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn die_with_guardian(_: u32) -> io::Result<()> {
    Ok(())
}

struct Watch {
    child: libc::pid_t,
    polite: libc::c_int,
    /// When patience ends, once the Hub is gone.
    kill_at: Option<Instant>,
    hub_gone: bool,
}

impl Watch {
    /// Obeys the Hub until the service has ended; returns how it ended.
    fn until_gone(&mut self, hub: &mut UnixStream, signals: &OwnedFd) -> io::Result<Notice> {
        loop {
            if let Some(notice) = self.reap() {
                return Ok(notice);
            }
            let mut wanted = [
                libc::pollfd { fd: signals.as_raw_fd(), events: libc::POLLIN, revents: 0 },
                // A negative descriptor is passed over: the Hub has nothing more to say.
                libc::pollfd {
                    fd: if self.hub_gone { -1 } else { hub.as_raw_fd() },
                    events: libc::POLLIN,
                    revents: 0,
                },
            ];
            // SAFETY: `wanted` is a valid array of two.
            let ready = unsafe { libc::poll(wanted.as_mut_ptr(), 2, self.patience()) };
            if ready == -1 {
                let fault = io::Error::last_os_error();
                if fault.kind() != io::ErrorKind::Interrupted {
                    return Err(fault);
                }
                continue;
            }
            if ready == 0 && self.kill_at.take().is_some() {
                self.kill();
            }
            if wanted[0].revents != 0 {
                drain(signals);
            }
            if wanted[1].revents != 0 {
                self.hear(hub);
            }
        }
    }

    /// Milliseconds until the kill, or -1 for as long as it takes.
    fn patience(&self) -> libc::c_int {
        self.kill_at.map_or(-1, |at| {
            let left = at.saturating_duration_since(Instant::now()).as_millis();
            libc::c_int::try_from(left).unwrap_or(libc::c_int::MAX)
        })
    }

    fn hear(&mut self, hub: &mut UnixStream) {
        let mut byte = [0];
        match hub.read(&mut byte) {
            Ok(1) if byte[0] == KILL => self.kill(),
            Ok(1) if byte[0] == TERMINATE => self.signal(self.polite),
            Ok(1) => {}
            Ok(_) | Err(_) => {
                self.hub_gone = true;
                self.kill_at = Some(Instant::now() + ORPHAN_GRACE);
                self.signal(self.polite);
            }
        }
    }

    fn signal(&self, signal: libc::c_int) {
        // SAFETY: the child has not been reaped, so its id is still its own.
        unsafe { libc::kill(self.child, signal) };
    }

    fn kill(&self) {
        // SAFETY: as above; the group has the child's id.
        unsafe { libc::kill(-self.child, libc::SIGKILL) };
        self.signal(libc::SIGKILL);
    }

    /// Collects everything that has ended; tells if the service is among it.
    fn reap(&self) -> Option<Notice> {
        loop {
            let mut status = 0;
            // SAFETY: `status` is a valid place for the result.
            let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) };
            if pid <= 0 {
                return None;
            }
            if pid == self.child {
                return Some(if libc::WIFSIGNALED(status) {
                    Notice::Signalled(libc::WTERMSIG(status))
                } else {
                    Notice::Exited(libc::WEXITSTATUS(status))
                });
            }
        }
    }
}

fn drain(signals: &OwnedFd) {
    let mut bytes = [0_u8; 64];
    // SAFETY: `bytes` is a valid buffer of that length; the descriptor does not block.
    while unsafe { libc::read(signals.as_raw_fd(), bytes.as_mut_ptr().cast(), 64) } > 0 {}
}

/// Kills what the service left behind: its group, and whatever moved out of it and was adopted.
fn end_descendants(child: libc::pid_t) {
    // SAFETY: the group outlives its leader as long as it has members; without any, this does nothing.
    unsafe { libc::kill(-child, libc::SIGKILL) };
    for _ in 0..1000 {
        for pid in children() {
            // SAFETY: an unreaped child of this process keeps its id.
            unsafe { libc::kill(pid, libc::SIGKILL) };
        }
        // SAFETY: the status is not asked for.
        let reaped = unsafe { libc::waitpid(-1, std::ptr::null_mut(), 0) };
        if reaped == -1 && io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            return;
        }
    }
}

/// Process ids of this process's children, adopted ones included.
#[cfg(target_os = "linux")]
fn children() -> Vec<libc::pid_t> {
    let me = std::process::id();
    let list = std::fs::read(format!("/proc/{me}/task/{me}/children")).unwrap_or_default();
    list.split(|b| b.is_ascii_whitespace())
        .filter_map(|word| std::ffi::OsStr::from_bytes(word).to_str()?.parse().ok())
        .collect()
}

#[cfg(not(target_os = "linux"))]
fn children() -> Vec<libc::pid_t> {
    Vec::new()
}
