//! Draws trays as the menu's model says. Drawing happens on the main thread only.

use crate::desk::Desk;
use hub_api::tray_menu::{Face, Item, Tray};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use tauri::image::Image;
use tauri::include_image;
use tauri::menu::{IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu};
use tauri::tray::TrayIconBuilder;
use tauri::{AppHandle, Manager, Wry};

/// Something that shows trays.
pub trait Trays {
    /// Shows exactly these; what is shown already is left alone. Returns when it is done.
    fn show(&self, trays: Vec<Tray>) -> impl Future<Output = ()> + Send;
}

/// The desktop's own.
pub struct SystemTrays {
    app: AppHandle,
    shown: Mutex<BTreeMap<String, Tray>>,
}

impl SystemTrays {
    /// Shows nothing yet.
    pub fn new(app: AppHandle) -> Self {
        Self { app, shown: Mutex::default() }
    }

    /// Takes all trays away, or brings them back. On the main thread only.
    pub fn set_visible(app: &AppHandle, is_visible: bool) {
        let desk = app.state::<Desk>();
        let pinned = desk.open_api().map(|api| api.list()).unwrap_or_default();
        let ids = pinned.into_iter().map(|p| p.id).chain([hub_api::tray_menu::HUB.to_owned()]);
        for tray in ids.filter_map(|id| app.tray_by_id(&id)) {
            if let Err(fault) = tray.set_visible(is_visible) {
                tracing::warn!("a tray could not be shown or hidden: {fault}");
            }
        }
    }
}

impl Trays for SystemTrays {
    async fn show(&self, trays: Vec<Tray>) {
        let trays: BTreeMap<String, Tray> = trays.into_iter().map(|t| (t.id.clone(), t)).collect();
        let before = match self.shown.lock() {
            Ok(mut shown) if *shown != trays => std::mem::replace(&mut *shown, trays.clone()),
            _ => return,
        };
        let (sender, done) = tokio::sync::oneshot::channel();
        let app = self.app.clone();
        let asked = self.app.run_on_main_thread(move || {
            for id in before.keys().filter(|id| !trays.contains_key(*id)) {
                drop(app.remove_tray_by_id(id));
            }
            for (id, tray) in &trays {
                if let Err(fault) = draw(&app, before.get(id), tray) {
                    tracing::warn!("the tray {id} could not be drawn: {fault}");
                }
            }
            if sender.send(()).is_err() {
                tracing::debug!("nobody waits for the trays any more");
            }
        });
        if asked.is_ok() && done.await.is_err() {
            tracing::debug!("the trays were not drawn: the program ends");
        }
    }
}

fn draw(app: &AppHandle, before: Option<&Tray>, tray: &Tray) -> tauri::Result<()> {
    let Some(icon) = app.tray_by_id(&tray.id) else {
        let icon = TrayIconBuilder::with_id(&tray.id)
            .icon(picture(tray.face))
            .tooltip(&tray.title)
            .menu(&menu(app, &tray.items)?)
            .build(app)?;
        return icon.set_visible(!app.state::<Desk>().is_withdrawn.load(Ordering::Relaxed));
    };
    if before.is_none_or(|b| b.face != tray.face) {
        icon.set_icon(Some(picture(tray.face)))?;
    }
    if before.is_none_or(|b| b.title != tray.title) {
        icon.set_tooltip(Some(&tray.title))?;
    }
    if before.is_none_or(|b| b.items != tray.items) {
        icon.set_menu(Some(menu(app, &tray.items)?))?;
    }
    Ok(())
}

fn picture(face: Face) -> Image<'static> {
    match face {
        Face::Stopped => include_image!("../icons/tray-stopped.png"),
        Face::Healthy => include_image!("../icons/tray-healthy.png"),
        Face::Starting => include_image!("../icons/tray-starting.png"),
        Face::Unknown => include_image!("../icons/tray-unknown.png"),
        Face::Degraded => include_image!("../icons/tray-degraded.png"),
        Face::Failed => include_image!("../icons/tray-failed.png"),
    }
}

fn menu(app: &AppHandle, items: &[Item]) -> tauri::Result<Menu<Wry>> {
    let menu = Menu::new(app)?;
    for item in items {
        menu.append(&*entry(app, item)?)?;
    }
    Ok(menu)
}

fn entry(app: &AppHandle, item: &Item) -> tauri::Result<Box<dyn IsMenuItem<Wry>>> {
    Ok(match item {
        Item::Text { id, label, is_enabled } => {
            Box::new(MenuItem::with_id(app, id, label, *is_enabled, None::<&str>)?)
        }
        Item::Separator => Box::new(PredefinedMenuItem::separator(app)?),
        Item::Submenu { label, items } => {
            let submenu = Submenu::new(app, label, true)?;
            for item in items {
                submenu.append(&*entry(app, item)?)?;
            }
            Box::new(submenu)
        }
    })
}
