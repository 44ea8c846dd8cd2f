//! What styles have beside what every thing has: a page that shows what their labels lack, and corrections.

use actix_web::{HttpResponse, web};

use super::page::OnePage;
use super::{FIELDS, StyleView, label_items, missing_items, store};
use crate::kernel::Result;
use crate::kernel::event::Subject;
use crate::platform::events;
use crate::platform::http::perm::{CatalogueRead, Permission};
use crate::platform::http::{Routes, html};
use crate::platform::rooms::{self, Call, Names, Thing, seen, timeline};
use crate::production::{corrections, parties, terms};

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    rooms::routes_without_page::<StyleView>(on);
    corrections::routes::<StyleView>(on);
    on.get("/styles/{code}", one_page);
}

async fn one_page(call: Call<CatalogueRead>, code: web::Path<String>) -> Result<HttpResponse> {
    let (sees, today, lang, named) = (call.sees(), call.app().today(), call.lang(), call.named());
    let found = call.read(move |db| {
        let view: StyleView = seen(db, &code, sees)?;
        let maker = view.manufacturer_id.map_or(Ok(None), |id| parties::maker(db, id))?;
        let policy = terms::policy_at(db, &view.policy, today)?;
        let skus = store::skus(db, view.id)?;
        let lacks = |size: &str| missing_items(&view, size, maker.as_ref());
        // The sku that lacks most shows what is still to be done.
        let worst = skus.iter().map(|sku| sku.label_size()).max_by_key(|size| lacks(size).len()).unwrap_or_default();
        let missing = lacks(worst);
        let items = label_items(&view, worst, maker.as_ref(), lang).into_iter();
        let items: Vec<_> = items.map(|(item, text)| (item, text, missing.contains(&item))).collect();
        let history = events::of(db, Subject::Thing(StyleView::SUBJECT, view.id.0))?;
        let names = Names::told(db, &named, &FIELDS, &history, sees)?;
        Ok((view, maker, policy, skus, items, history, names))
    });
    let (view, maker, policy, skus, items, history, names) = found.await?;
    let layout = call.layout(view.name(lang));
    let may_edit = call.may(Permission::CatalogueEdit) && call.party.is_none();
    let history = timeline::lines(&history, &FIELDS, (lang, call.app().config.time_zone, &names))?;
    Ok(html(&OnePage { layout, view, maker, policy, skus, may_edit, items, history }))
}
