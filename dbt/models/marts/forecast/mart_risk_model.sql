with figures as (

    select * from {{ source('forecast', 'risk_model_figures') }}

),

judged as (

    select
        cast(customer_quarter_count as bigint) as customer_quarter_count,
        cast(churned_count as bigint) as churned_count,
        cast(read_from as date) as read_from,
        cast(read_to as date) as read_to,
        cast(held_back_count as bigint) as held_back_count,
        cast(held_back_churned_count as bigint) as held_back_churned_count,
        cast(auc as decimal(18, 6)) as auc_score,
        cast(auc_error as decimal(18, 6)) as auc_error_score,
        cast(brier as decimal(18, 6)) as brier_score,
        cast(base_brier as decimal(18, 6)) as base_brier_score,
        cast(brier_skill as decimal(18, 6)) as brier_skill_score,
        cast(lift as decimal(18, 6)) as lift_ratio,
        cast(has_skill as boolean) as has_skill,
        cast(reason as string) as no_skill_reason,
        {{ policy_columns() }}
    from figures

)

select * from judged
