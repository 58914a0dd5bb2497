with churns as (

    select * from {{ ref('mart_churn_analysis') }}

),

summed as (

    select
        month,
        churn_kind,
        reason_code,
        reason_label_ja,
        reason_label_en,
        reason_group,
        sum(case when is_while_paused then 0 else 1 end) as churned_customer_count,
        sum(case when is_while_paused then 1 else 0 end) as churned_while_paused_count,
        sum(case when is_while_paused then 0 else mrr_lost end) as mrr_lost,
        sum(case when is_while_paused then mrr_lost else 0 end) as mrr_lost_while_paused,
        count(request_lag_days) as requested_count,
        sum(coalesce(request_lag_days, 0)) as request_lag_days_total,
        percentile_disc(0.5) within group (order by request_lag_days nulls last)
            as request_lag_days_median
    from churns
    group by month, churn_kind, reason_code, reason_label_ja, reason_label_en, reason_group

),

reasons as (

    select
        cast(month as date) as month,
        cast(churn_kind as string) as churn_kind,
        cast(reason_code as string) as reason_code,
        cast(reason_label_ja as string) as reason_label_ja,
        cast(reason_label_en as string) as reason_label_en,
        cast(reason_group as string) as reason_group,
        cast(churned_customer_count as bigint) as churned_customer_count,
        cast(churned_while_paused_count as bigint) as churned_while_paused_count,
        {{ total('mrr_lost') }} as mrr_lost,
        {{ total('mrr_lost_while_paused') }} as mrr_lost_while_paused,
        cast(requested_count as bigint) as requested_count,
        cast(request_lag_days_total as bigint) as request_lag_days_total,
        cast(request_lag_days_median as bigint) as request_lag_days_median,
        {{ policy_columns() }}
    from summed

)

select * from reasons
