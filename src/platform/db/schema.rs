//! The tables as diesel sees them: one description for both stores. `tests/it/schema.rs` holds both migration trees against it.

#![expect(missing_docs, reason = "diesel's table macro makes undocumented items")]

diesel::table! {
    event (id) {
        id -> BigInt,
        at -> Timestamp,
        kind -> Text,
        actor -> Text,
        subject_kind -> Text,
        subject_id -> BigInt,
        body -> Text,
    }
}

diesel::table! {
    garment_event (garment_id, id) {
        garment_id -> BigInt,
        id -> BigInt,
        at -> Timestamp,
        kind -> Text,
        actor -> Text,
        body -> Text,
    }
}

diesel::table! {
    policy (code, version) {
        code -> Text,
        version -> BigInt,
        valid_from -> Timestamp,
        value -> Text,
        set_by -> Text,
        reason -> Text,
    }
}

diesel::table! {
    held_version (name) {
        name -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    idempotency (caller, key) {
        caller -> Text,
        key -> Text,
        request_hash -> Text,
        status -> BigInt,
        body -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    job (id) {
        id -> BigInt,
        kind -> Text,
        state -> Text,
        input -> Text,
        report -> Text,
        done -> BigInt,
        total -> BigInt,
        created_by -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        lease_until -> Nullable<Timestamp>,
        version -> BigInt,
    }
}

diesel::table! {
    parcel (id) {
        id -> BigInt,
        state -> Text,
        job_id -> Nullable<BigInt>,
        party_id -> Nullable<BigInt>,
        report -> Text,
        rows_read -> Nullable<BigInt>,
        fault_count -> Nullable<BigInt>,
        created_by -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    parcel_file (parcel_id, no) {
        parcel_id -> BigInt,
        no -> BigInt,
        table_name -> Text,
        name -> Text,
        stored_as -> Text,
        bytes -> BigInt,
        headers -> Text,
        reading -> Text,
        refused -> Text,
    }
}

diesel::table! {
    account (id) {
        id -> BigInt,
        login -> Text,
        name -> Text,
        password_hash -> Nullable<Text>,
        roles -> Text,
        party_id -> Nullable<BigInt>,
        lang -> Text,
        status -> Text,
        created_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    account_link (hash) {
        hash -> Text,
        account_id -> Nullable<BigInt>,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    session (hash) {
        hash -> Text,
        account_id -> BigInt,
        created_at -> Timestamp,
        seen_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    api_key (id) {
        id -> BigInt,
        name -> Text,
        hash -> Text,
        roles -> Text,
        party_id -> Nullable<BigInt>,
        created_by -> BigInt,
        created_at -> Timestamp,
        revoked_at -> Nullable<Timestamp>,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    party (id) {
        id -> BigInt,
        code -> Text,
        name_zh -> Text,
        name_en -> Text,
        gln -> Nullable<Text>,
        country -> Text,
        city -> Text,
        address_zh -> Text,
        address_en -> Text,
        contact -> Text,
        status -> Text,
        created_at -> Timestamp,
        version -> BigInt,
        code_key -> Text,
    }
}

diesel::table! {
    party_role (party_id, role) {
        party_id -> BigInt,
        role -> Text,
    }
}

diesel::table! {
    warranty_policy (id) {
        id -> BigInt,
        code -> Text,
        version -> BigInt,
        valid_from -> Date,
        months -> BigInt,
        days -> BigInt,
        start_rules -> Text,
        made_plus_months -> Nullable<BigInt>,
        coverage_zh -> Text,
        coverage_en -> Text,
        exclusions_zh -> Text,
        exclusions_en -> Text,
        created_at -> Timestamp,
        code_key -> Text,
    }
}

diesel::table! {
    style (id) {
        id -> BigInt,
        code -> Text,
        brand -> Text,
        name_zh -> Text,
        name_en -> Text,
        category -> Text,
        confidential -> Bool,
        manufacturer_id -> Nullable<BigInt>,
        policy_code -> Text,
        facts -> Text,
        status -> Text,
        created_at -> Timestamp,
        version -> BigInt,
        code_key -> Text,
    }
}

diesel::table! {
    sku (id) {
        id -> BigInt,
        style_id -> BigInt,
        code -> Text,
        gtin -> Nullable<Text>,
        colour_zh -> Text,
        colour_en -> Text,
        size -> Text,
        size_label -> Text,
        created_at -> Timestamp,
        version -> BigInt,
        code_key -> Text,
    }
}

diesel::table! {
    gtin_alias (gtin) {
        gtin -> Text,
        sku_id -> BigInt,
        added_at -> Timestamp,
    }
}

diesel::table! {
    lot (id) {
        id -> BigInt,
        code -> Text,
        party_id -> BigInt,
        kind -> Text,
        material_zh -> Text,
        material_en -> Text,
        dye_lot -> Text,
        quantity_milli -> BigInt,
        unit -> Text,
        country -> Text,
        produced_on -> Nullable<Date>,
        received_on -> Nullable<Date>,
        created_at -> Timestamp,
        version -> BigInt,
        code_key -> Text,
    }
}

diesel::table! {
    lot_parent (lot_id, parent_id) {
        lot_id -> BigInt,
        parent_id -> BigInt,
        quantity_milli -> Nullable<BigInt>,
    }
}

diesel::table! {
    batch (no) {
        no -> BigInt,
        code -> Text,
        sku_id -> BigInt,
        factory_id -> BigInt,
        line -> Text,
        started_on -> Nullable<Date>,
        finished_on -> Nullable<Date>,
        planned -> BigInt,
        minted -> BigInt,
        minted_gtin -> Nullable<Text>,
        minted_epoch -> Nullable<BigInt>,
        minted_at -> Nullable<Timestamp>,
        origin -> Text,
        status -> Text,
        created_at -> Timestamp,
        version -> BigInt,
        code_key -> Text,
    }
}

diesel::table! {
    batch_lot (batch_no, component, lot_id, unit_from) {
        batch_no -> BigInt,
        component -> Text,
        lot_id -> BigInt,
        unit_from -> BigInt,
        unit_to -> BigInt,
        quantity_milli -> Nullable<BigInt>,
    }
}

diesel::table! {
    batch_void (batch_no) {
        batch_no -> BigInt,
        bitmap -> Binary,
        voided -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    batch_tally (batch_no, party_id) {
        batch_no -> BigInt,
        party_id -> BigInt,
        sold -> BigInt,
        claimed -> BigInt,
        changes -> BigInt,
    }
}

diesel::table! {
    printer (id) {
        id -> BigInt,
        code -> Text,
        name -> Text,
        host -> Text,
        port -> BigInt,
        language -> Text,
        dpi -> BigInt,
        confirms -> Bool,
        created_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    label_job (id) {
        id -> BigInt,
        batch_no -> BigInt,
        template -> Text,
        format -> Text,
        printer_id -> Nullable<BigInt>,
        file -> Nullable<Text>,
        claim_codes -> Bool,
        unit_from -> BigInt,
        unit_to -> BigInt,
        state -> Text,
        message -> Text,
        made -> BigInt,
        created_by -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        lease_until -> Nullable<Timestamp>,
        version -> BigInt,
    }
}

diesel::table! {
    label_chunk (job_id, seq) {
        job_id -> BigInt,
        seq -> BigInt,
        unit_from -> BigInt,
        unit_to -> BigInt,
        state -> Text,
        sent_at -> Nullable<Timestamp>,
        settled_at -> Nullable<Timestamp>,
        note -> Text,
    }
}

diesel::table! {
    link (id) {
        id -> BigInt,
        level -> Text,
        subject_id -> BigInt,
        link_type -> Text,
        href -> Text,
        title -> Text,
        hreflang -> Text,
        media_type -> Text,
        context -> Text,
        is_default -> Bool,
        created_by -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    garment (garment_id) {
        garment_id -> BigInt,
        status -> Text,
        created_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    foreign_serial (serial, gtin) {
        serial -> Text,
        gtin -> Text,
        garment_id -> BigInt,
    }
}

diesel::table! {
    sale (garment_id, seq) {
        garment_id -> BigInt,
        seq -> BigInt,
        status -> Text,
        sold_on -> Date,
        delivered_on -> Nullable<Date>,
        promised_on -> Nullable<Date>,
        channel -> Text,
        retailer_id -> Nullable<BigInt>,
        order_no -> Text,
        price_minor -> Nullable<BigInt>,
        currency -> Nullable<Text>,
        country -> Text,
        city -> Text,
        policy_id -> Nullable<BigInt>,
        source -> Text,
        created_at -> Timestamp,
        version -> BigInt,
        no_return_confirmed_on -> Nullable<Date>,
        refund_reserved_minor -> BigInt,
        ended_on -> Nullable<Date>,
    }
}

diesel::table! {
    warranty (garment_id, sale_seq) {
        garment_id -> BigInt,
        sale_seq -> BigInt,
        policy_id -> Nullable<BigInt>,
        status -> Text,
        starts_on -> Nullable<Date>,
        ends_on -> Nullable<Date>,
        start_basis -> Text,
        reason -> Text,
        version -> BigInt,
        inherited_until -> Nullable<Date>,
    }
}

diesel::table! {
    holder (garment_id, seq) {
        garment_id -> BigInt,
        seq -> BigInt,
        status -> Text,
        secret_hash -> Text,
        claimed_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        transfer_hash -> Nullable<Text>,
        transfer_until -> Nullable<Timestamp>,
        version -> BigInt,
    }
}

diesel::table! {
    claim_try (garment_id, day) {
        garment_id -> BigInt,
        day -> Date,
        tries -> BigInt,
    }
}

diesel::table! {
    contact (garment_id, holder_seq) {
        garment_id -> BigInt,
        holder_seq -> BigInt,
        sealed_key -> Nullable<Binary>,
        sealed -> Nullable<Binary>,
        consent -> Text,
        created_at -> Timestamp,
        erased_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    scan_device (garment_id, device) {
        garment_id -> BigInt,
        device -> Text,
        first_at -> Timestamp,
        last_at -> Timestamp,
        times -> BigInt,
    }
}

diesel::table! {
    scan_total (garment_id) {
        garment_id -> BigInt,
        devices -> BigInt,
        times -> BigInt,
        first_at -> Timestamp,
        last_at -> Timestamp,
    }
}

diesel::table! {
    defect (code) {
        code -> Text,
        name_zh -> Text,
        name_en -> Text,
        component -> Text,
        severity -> Text,
        suspect -> Text,
        repairable -> Bool,
        retired -> Bool,
        version -> BigInt,
    }
}

diesel::table! {
    finding (id) {
        id -> BigInt,
        subject -> Text,
        garment_id -> Nullable<BigInt>,
        batch_no -> Nullable<BigInt>,
        lot_id -> Nullable<BigInt>,
        defect_code -> Text,
        severity -> Text,
        zone -> Text,
        quantity -> BigInt,
        stage -> Text,
        note -> Text,
        found_on -> Date,
        status -> Text,
        reason -> Text,
        created_by -> Text,
        created_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    photo (id) {
        id -> BigInt,
        finding_id -> BigInt,
        width -> BigInt,
        height -> BigInt,
        sha256 -> Text,
        jpeg -> Binary,
        created_at -> Timestamp,
    }
}

diesel::table! {
    recall_scope (id) {
        id -> BigInt,
        code -> Text,
        title -> Text,
        query -> Text,
        inputs -> Text,
        result -> Text,
        result_hash -> Text,
        counts -> Text,
        created_by -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    calendar (id) {
        id -> BigInt,
        code -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    calendar_day (calendar_id, day) {
        calendar_id -> BigInt,
        day -> Date,
        kind -> Text,
        name_zh -> Text,
        name_en -> Text,
        source -> Text,
    }
}

// Which tables may stand in one query. Each pair costs several implementations at every build, so the groups are what is joined and no more.
diesel::allow_tables_to_appear_in_same_query!(
    party,
    warranty_policy,
    style,
    sku,
    gtin_alias,
    lot,
    lot_parent,
    batch,
    batch_lot,
    batch_void,
    batch_tally,
    label_job,
    printer,
    garment,
    sale,
    warranty,
    holder,
    scan_total,
    finding,
    defect,
);
diesel::allow_tables_to_appear_in_same_query!(account, account_link, session, api_key, party, party_role);
diesel::allow_tables_to_appear_in_same_query!(label_chunk, label_job);
diesel::allow_tables_to_appear_in_same_query!(garment, foreign_serial);
diesel::allow_tables_to_appear_in_same_query!(holder, contact);
diesel::allow_tables_to_appear_in_same_query!(finding, photo);
diesel::allow_tables_to_appear_in_same_query!(parcel, parcel_file);
diesel::allow_tables_to_appear_in_same_query!(calendar, calendar_day);
