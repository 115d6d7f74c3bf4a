//! Who is at the other end of a loopback connection, where the system can prove it.

use std::net::SocketAddr;

/// A connection that both ends hold, as the kernel writes it.
#[cfg(target_os = "linux")]
const ESTABLISHED: &str = "01";

/// True when the connection's other end belongs to the user this Hub runs as. False where the system
/// does not tell.
#[cfg(target_os = "linux")]
pub(crate) fn is_same_user(peer: SocketAddr, our_port: u16) -> bool {
    let SocketAddr::V4(peer) = peer else { return false };
    let Ok(table) = std::fs::read_to_string("/proc/net/tcp") else { return false };
    let uid = rustix::process::geteuid().as_raw().to_string();
    // Addresses stand in the table as the machine keeps them in memory.
    let address = u32::from_ne_bytes(peer.ip().octets());
    let local = format!("{address:08X}:{:04X}", peer.port());
    let remote = format!(":{our_port:04X}");
    table.lines().skip(1).any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        // A socket that its process has closed has no inode any more, and then stands there as root's.
        fields.get(1) == Some(&local.as_str())
            && fields.get(2).is_some_and(|f| f.ends_with(&remote))
            && fields.get(3) == Some(&ESTABLISHED)
            && fields.get(7) == Some(&uid.as_str())
            && fields.get(9).is_some_and(|inode| *inode != "0")
    })
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn is_same_user(_: SocketAddr, _: u16) -> bool {
    false
}

/// False when the connection's other end is known to belong to somebody else.
pub(crate) fn may_be_same_user(peer: SocketAddr, our_port: u16) -> bool {
    cfg!(not(target_os = "linux")) || is_same_user(peer, our_port)
}
