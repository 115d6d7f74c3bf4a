//! Linux: displays are named by the environment; tray hosts and portals are found on the session bus.

use std::time::Duration;
use zbus::Connection;

/// A service that is started for the question needs some time; a desktop that does not answer in this
/// one has no such service.
const PATIENCE: Duration = Duration::from_secs(5);

/// A window can be shown.
pub fn has_display() -> bool {
    ["WAYLAND_DISPLAY", "DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Somebody shows tray icons, at this moment.
pub async fn has_tray_host() -> bool {
    let asked = async {
        let bus = Connection::session().await?;
        let names = zbus::fdo::DBusProxy::new(&bus).await?;
        names
            .name_has_owner("org.kde.StatusNotifierWatcher".try_into()?)
            .await
            .map_err(zbus::Error::from)
    };
    matches!(tokio::time::timeout(PATIENCE, asked).await, Ok(Ok(true)))
}

/// A folder dialog can be shown: by the desktop's portal, else by zenity, which is what the dialog
/// library tries, in this order. Without both it would answer as if the user had called it off.
pub async fn picker_exists() -> bool {
    let asked = async {
        let bus = Connection::session().await?;
        let portal = zbus::Proxy::new(
            &bus,
            "org.freedesktop.portal.Desktop",
            "/org/freedesktop/portal/desktop",
            "org.freedesktop.portal.FileChooser",
        )
        .await?;
        portal.get_property::<u32>("version").await
    };
    matches!(tokio::time::timeout(PATIENCE, asked).await, Ok(Ok(_))) || is_on_path("zenity")
}

fn is_on_path(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    })
}
