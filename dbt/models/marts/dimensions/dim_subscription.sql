with segments as (

    select * from {{ ref('int_subscriptions_bounded') }}
    where segment_start_date <= {{ as_of() }}

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}

),

identified as (

    select * from {{ ref('int_customers_identified') }}
    where source_entity = 'crm.accounts'

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

owners as (

    select
        identified.customer_key,
        min(accounts.owner) as owner
    from identified
    inner join accounts on identified.record_key = accounts.record_key
    group by identified.customer_key
    having count(distinct accounts.owner) = 1

),

ranked as (

    select
        segments.*,
        subscriptions.term_months,
        subscriptions.term_end_date,
        subscriptions.notice_days,
        subscriptions.auto_renew,
        subscriptions.campaign_id,
        min(segments.segment_start_date) over (partition by segments.subscription_key)
            as first_start_date,
        row_number() over (
            partition by segments.subscription_key
            order by segments.segment_start_date desc nulls last
        ) as pick
    from segments
    inner join subscriptions
        on
            segments.source_system = subscriptions.source_system
            and segments.contract_id = subscriptions.contract_id
            and segments.line_id = subscriptions.line_id
            and segments.segment_start_date = subscriptions.segment_start_date

),

latest as (

    select
        cast(ranked.subscription_key as string) as subscription_key,
        cast(ranked.customer_key as string) as customer_key,
        cast(ranked.source_system as string) as source_system,
        cast(ranked.contract_id as string) as contract_id,
        cast(ranked.line_id as string) as line_id,
        cast(ranked.plan_id as string) as plan_id,
        cast(ranked.first_start_date as date) as first_start_date,
        cast(ranked.service_end_excl as date) as service_end_excl,
        cast(ranked.end_cause as string) as end_cause,
        cast(ranked.term_months as bigint) as term_months,
        cast(ranked.term_end_date as date) as term_end_date,
        cast(ranked.notice_days as bigint) as notice_days,
        cast(ranked.auto_renew as boolean) as is_auto_renewed,
        cast(ranked.campaign_id as string) as campaign_id,
        cast(owners.owner as string) as sales_owner,
        {{ policy_columns() }}
    from ranked
    left join owners on ranked.customer_key = owners.customer_key
    where ranked.pick = 1

)

select * from latest
