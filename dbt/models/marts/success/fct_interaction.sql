-- What was said is not here: a note is free text, read from the delivered line by who may.
with interactions as (

    select * from {{ ref('stg_crm__interactions') }}

),

identified as (

    select * from {{ ref('int_customers_identified') }}
    where source_entity = 'crm.accounts'

),

dated as (

    select
        interactions.record_key as interaction_key,
        interactions.source_system,
        interactions.interaction_id,
        identified.customer_key,
        interactions.at as interacted_at,
        cast({{ local_date('interactions.at') }} as date) as interacted_date,
        interactions.kind,
        interactions.direction,
        interactions.owner,
        interactions.delivery_id,
        interactions.source_sheet,
        interactions.source_row,
        {{ policy_columns() }}
    from interactions
    left join identified
        on
            interactions.source_system = identified.source_system
            and interactions.account_id = identified.source_id

),

happened as (

    select * from dated
    where interacted_date <= {{ as_of() }}

)

select * from happened
