//! Who is at the other end of a loopback connection, where the system can prove it.

use std::net::SocketAddr;

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
        fields.get(1) == Some(&local.as_str())
            && fields.get(2).is_some_and(|f| f.ends_with(&remote))
            && fields.get(7) == Some(&uid.as_str())
    })
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn is_same_user(_: SocketAddr, _: u16) -> bool {
    false
}
