-- The campaign a customer came by: the one on the earliest contract that names one (a free trial
-- counts), else the one on the CRM account. Later campaigns do not take a customer over.
with segments as (

    select * from {{ ref('int_subscriptions_bounded') }}

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}

),

identified as (

    select * from {{ ref('int_customers_identified') }}

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

campaigns as (

    select * from {{ ref('int_campaigns_picked') }}

),

named as (

    select
        segments.customer_key,
        1 as source_rank,
        segments.segment_start_date as named_date,
        subscriptions.campaign_id
    from segments
    inner join subscriptions
        on
            segments.source_system = subscriptions.source_system
            and segments.contract_id = subscriptions.contract_id
            and segments.line_id = subscriptions.line_id
            and segments.segment_start_date = subscriptions.segment_start_date
    where
        subscriptions.campaign_id is not null
        and segments.segment_start_date <= {{ as_of() }}
    union all
    select
        identified.customer_key,
        2 as source_rank,
        accounts.created_date as named_date,
        accounts.campaign_id
    from accounts
    inner join identified on accounts.record_key = identified.record_key
    where accounts.campaign_id is not null

),

ranked as (

    select
        customer_key,
        campaign_id,
        row_number() over (
            partition by customer_key
            order by source_rank nulls last, named_date nulls last, campaign_id nulls last
        ) as pick
    from named

),

attributed as (

    select
        cast(ranked.customer_key as string) as customer_key,
        cast(ranked.campaign_id as string) as campaign_id,
        cast(campaigns.campaign_name as string) as campaign_name,
        cast(campaigns.campaign_channel as string) as campaign_channel
    from ranked
    inner join campaigns on ranked.campaign_id = campaigns.campaign_id
    where ranked.pick = 1 and ranked.customer_key is not null

)

select * from attributed
