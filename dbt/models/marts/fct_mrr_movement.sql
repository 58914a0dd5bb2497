with classified as (

    select * from {{ ref('int_customer_movements_classified') }}

),

reasons as (

    select * from {{ ref('int_movement_reasons_split') }}

),

plans as (

    select * from {{ ref('int_movement_plans_picked') }}

),

-- the currency's part is a row of its own: before -> carried is fx, carried -> after is what the
-- customer did, split by reason where it grew or shrank
moved as (

    select
        classified.customer_key,
        classified.month,
        classified.movement_type,
        coalesce(reasons.movement_reason, 'contract') as movement_reason,
        coalesce(reasons.mrr_change, classified.mrr_after - classified.mrr_carried) as mrr_change,
        classified.mrr_carried as mrr_before,
        classified.mrr_after,
        plans.plan_before,
        plans.plan_after,
        classified.cohort_month
    from classified
    left join reasons
        on
            classified.customer_key = reasons.customer_key
            and classified.month = reasons.month
    left join plans
        on
            classified.customer_key = plans.customer_key
            and classified.month = plans.month
    where classified.movement_type is not null
    union all
    select
        customer_key,
        month,
        'fx' as movement_type,
        'rate' as movement_reason,
        mrr_carried - mrr_before as mrr_change,
        mrr_before,
        mrr_carried as mrr_after,
        cast(null as string) as plan_before,
        cast(null as string) as plan_after,
        cohort_month
    from classified
    where mrr_carried <> mrr_before

),

movements as (

    select
        {{ hash_key(['customer_key', 'month', 'movement_type', 'movement_reason']) }}
            as movement_key,
        customer_key,
        month,
        cast(movement_type as string) as movement_type,
        cast(movement_reason as string) as movement_reason,
        {{ money('mrr_change') }} as mrr_change,
        {{ money('mrr_before') }} as mrr_before,
        {{ money('mrr_after') }} as mrr_after,
        cast(plan_before as string) as plan_before,
        cast(plan_after as string) as plan_after,
        cast(cohort_month as date) as cohort_month,
        {{ policy_columns() }}
    from moved

)

select * from movements
