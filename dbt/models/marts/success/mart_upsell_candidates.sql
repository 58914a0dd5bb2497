{#- seats in use from which a customer is short of seats -#}
{%- set full_share = '0.9' %}
{#- events of 28 days over those of the 28 before, from which use grows; and the least events -#}
{%- set growth = '1.3' %}
{%- set least_events = 50 %}
with observed as (

    select * from {{ ref('int_customer_months_observed') }}
    where is_current

),

usage as (

    select * from {{ ref('int_health_usage_scored') }}

),

health as (

    select * from {{ ref('int_health_weighed') }}

),

plans as (

    select * from {{ ref('stg_billing__plans') }}
    where not coalesce(is_addon, false)

),

contacts as (

    select * from {{ ref('int_customer_contacts_latest') }}

),

-- the next plan up: the lowest rank above, of the same product, interval and currency
plans_above as (

    select
        here.source_system,
        here.plan_id,
        above.name as next_plan_name,
        row_number() over (
            partition by here.source_system, here.plan_id
            order by above.plan_rank nulls last, above.plan_id nulls last
        ) as pick
    from plans as here
    inner join plans as above
        on
            here.source_system = above.source_system
            and coalesce(here.product, '') = coalesce(above.product, '')
            and here.interval_unit = above.interval_unit
            and here.interval_count = above.interval_count
            and here.currency = above.currency
            and here.plan_rank < above.plan_rank

),

signalled as (

    select
        observed.customer_key,
        observed.plan_name,
        observed.mrr,
        observed.seats,
        usage.seats_used,
        usage.events,
        usage.events_before,
        plans_above.next_plan_name,
        coalesce(health.health_band, 'unknown') as health_band,
        contacts.account_owner,
        contacts.last_contact_date,
        coalesce(
            observed.seats > 1 and usage.seats_used >= {{ times('observed.seats', full_share) }},
            false
        ) as is_short_of_seats,
        coalesce(
            usage.events >= {{ least_events }}
            and usage.events_before > 0
            and usage.events >= {{ times('usage.events_before', growth) }},
            false
        ) as is_growing
    from observed
    inner join usage
        on
            observed.customer_key = usage.customer_key
            and observed.observed_date = usage.observed_date
    left join health
        on
            observed.customer_key = health.customer_key
            and observed.observed_date = health.observed_date
    left join plans_above
        on
            observed.source_system = plans_above.source_system
            and observed.plan_id = plans_above.plan_id
            and plans_above.pick = 1
    left join contacts on observed.customer_key = contacts.customer_key

),

candidates as (

    select
        customer_key,
        plan_name,
        mrr,
        {{ money('seats') }} as seat_quantity,
        seats_used,
        {{ divide('seats_used', 'seats') }} as seats_used_rate,
        events,
        events_before,
        cast(is_short_of_seats as boolean) as is_short_of_seats,
        cast(is_growing as boolean) as is_growing,
        cast(next_plan_name as string) as next_plan_name,
        cast(health_band as string) as health_band,
        cast(
            case
                when is_short_of_seats and is_growing then 'seats_full_and_growing'
                when is_short_of_seats then 'seats_full'
                else 'usage_growing'
            end as string
        ) as reason_code,
        cast(
            case
                when is_short_of_seats then 'more_seats'
                when next_plan_name is not null then 'next_plan'
                else 'talk'
            end as string
        ) as offer_code,
        cast(account_owner as string) as owner,
        cast(last_contact_date as date) as last_contact_date,
        {{ policy_columns() }}
    from signalled
    where
        (is_short_of_seats or is_growing)
        -- nobody sells to a customer who is about to leave
        and health_band <> 'red'

)

select * from candidates
