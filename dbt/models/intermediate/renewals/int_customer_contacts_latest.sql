-- When a human of ours and the customer last spoke, and who looks after the customer. Opening or
-- clicking a campaign mail is no contact.
with interactions as (

    select * from {{ ref('stg_crm__interactions') }}
    where kind not in ('campaign_open', 'campaign_click')

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

identified as (

    select * from {{ ref('int_customers_identified') }}
    where source_entity = 'crm.accounts'

),

interactions_dated as (

    select
        identified.customer_key,
        {{ local_date('interactions.at') }} as contact_date,
        interactions.at as contacted_at,
        interactions.kind,
        interactions.interaction_id
    from interactions
    inner join identified
        on
            interactions.source_system = identified.source_system
            and interactions.account_id = identified.source_id

),

interactions_ranked as (

    select
        *,
        row_number() over (
            partition by customer_key
            order by contacted_at desc nulls last, interaction_id nulls last
        ) as pick
    from interactions_dated
    where contact_date <= {{ as_of() }}

),

owners_ranked as (

    select
        identified.customer_key,
        accounts.owner,
        row_number() over (
            partition by identified.customer_key
            order by
                case when accounts.owner is null then 1 else 0 end nulls last,
                accounts.created_date nulls last,
                identified.source_system nulls last,
                identified.source_id nulls last
        ) as pick
    from identified
    inner join accounts on identified.record_key = accounts.record_key

),

latest as (

    select
        owners_ranked.customer_key,
        cast(owners_ranked.owner as string) as account_owner,
        cast(interactions_ranked.contact_date as date) as last_contact_date,
        cast(interactions_ranked.kind as string) as last_contact_kind
    from owners_ranked
    left join interactions_ranked
        on
            owners_ranked.customer_key = interactions_ranked.customer_key
            and interactions_ranked.pick = 1
    where owners_ranked.pick = 1

)

select * from latest
