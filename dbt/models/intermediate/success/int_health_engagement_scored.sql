-- Engagement, 0 to 100: days since somebody of ours and the customer last spoke, or it answered a
-- survey: to 30 days 100, to 90 days 70, to 180 days 40, longer or never 10. Only from the day the
-- CRM delivers interactions, and a consumer nobody ever spoke to has no score: nobody is meant to.
with observed as (

    select * from {{ ref('int_customer_months_observed') }}

),

interactions as (

    select * from {{ ref('stg_crm__interactions') }}
    where kind not in ('campaign_open', 'campaign_click')

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

surveys as (

    select * from {{ ref('stg_inquiry__surveys') }}

),

resolved_ids as (

    select * from {{ ref('int_customer_ids_resolved') }}
    where source_entity = 'crm.accounts'

),

identified as (

    select * from {{ ref('int_customers_identified') }}
    where source_entity = 'crm.accounts'

),

contacts as (

    select
        identified.customer_key,
        {{ local_date('interactions.at') }} as contact_date
    from interactions
    inner join identified
        on
            interactions.source_system = identified.source_system
            and interactions.account_id = identified.source_id
    union
    select
        resolved_ids.customer_key,
        {{ local_date('surveys.answered_at') }} as contact_date
    from surveys
    inner join resolved_ids on surveys.account_id = resolved_ids.source_id

),

crm as (

    select min(contact_date) as first_contact_date from contacts

),

companies as (

    select distinct identified.customer_key
    from identified
    inner join accounts on identified.record_key = accounts.record_key
    where accounts.kind = 'company'

),

last_contacts as (

    select
        observed.customer_key,
        observed.observed_date,
        max(contacts.contact_date) as last_contact_date
    from observed
    inner join contacts
        on
            observed.customer_key = contacts.customer_key
            and observed.observed_date >= contacts.contact_date
    group by observed.customer_key, observed.observed_date

),

aged as (

    select
        observed.customer_key,
        observed.observed_date,
        {{ days_between('last_contacts.last_contact_date', 'observed.observed_date') }}
            as silent_days
    from observed
    inner join crm on observed.observed_date >= crm.first_contact_date
    left join companies on observed.customer_key = companies.customer_key
    left join last_contacts
        on
            observed.customer_key = last_contacts.customer_key
            and observed.observed_date = last_contacts.observed_date
    where companies.customer_key is not null or last_contacts.customer_key is not null

),

scored as (

    select
        customer_key,
        observed_date,
        cast('engagement' as string) as component,
        cast(
            case
                when silent_days <= 30 then 100
                when silent_days <= 90 then 70
                when silent_days <= 180 then 40
                else 10
            end as decimal(18, 6)
        ) as score,
        cast(
            case
                when silent_days is null then 'never_spoken'
                when silent_days <= 90 then 'in_touch'
                else 'silent'
            end as string
        ) as reason_code
    from aged

)

select * from scored
