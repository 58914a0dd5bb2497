-- Whom to speak to at a customer. A contact belongs to the customer of its account; the names, mail
-- and telephone are personal and live in the file of personal columns.
with contacts as (

    select * from {{ ref('stg_crm__contacts') }}

),

identified as (

    select * from {{ ref('int_customers_identified') }}
    where source_entity = 'crm.accounts'

),

named as (

    select
        contacts.record_key as contact_key,
        contacts.source_system,
        contacts.contact_id,
        identified.customer_key,
        contacts.name as contact_name,
        contacts.name_kana as contact_name_kana,
        contacts.title,
        contacts.department,
        contacts.email,
        contacts.phone,
        coalesce(contacts.is_primary, false) as is_primary,
        contacts.delivery_id,
        contacts.source_sheet,
        contacts.source_row,
        {{ policy_columns() }}
    from contacts
    left join identified
        on
            contacts.source_system = identified.source_system
            and contacts.account_id = identified.source_id

)

select * from named
