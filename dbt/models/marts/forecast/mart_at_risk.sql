with ranked as (

    select * from {{ source('forecast', 'risk_customers') }}

),

health as (

    select * from {{ ref('mart_customer_health') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

at_risk as (

    select
        cast(ranked.customer_key as string) as customer_key,
        cast(ranked.risk_rank as bigint) as risk_rank,
        cast(ranked.ranked_by as string) as ranked_by,
        cast(ranked.p_churn as decimal(18, 6)) as p_churn,
        cast(ranked.p_churn_null_reason as string) as p_churn_null_reason,
        cast(ranked.raising_features as string) as raising_features,
        {{ money('health.mrr') }} as mrr_at_stake,
        health.health_band,
        health.plan_name,
        customers.owner,
        cast(ranked.reason_count as bigint) as reason_count,
        cast(ranked.reason_code as string) as reason_code,
        cast(ranked.action_code as string) as action_code,
        cast(ranked.action_ja as string) as action_ja,
        cast(ranked.action_en as string) as action_en,
        {{ policy_columns() }}
    from ranked
    inner join health on ranked.customer_key = health.customer_key
    inner join customers on ranked.customer_key = customers.customer_key

)

select * from at_risk
