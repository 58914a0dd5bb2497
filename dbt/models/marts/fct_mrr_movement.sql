with classified as (

    select * from {{ ref('int_customer_movements_classified') }}

),

-- the currency's part is a row of its own: before -> carried is fx, carried -> after is what the
-- customer did
moved as (

    select
        customer_key,
        month,
        movement_type,
        movement_reason,
        mrr_after - mrr_carried as mrr_change,
        mrr_carried as mrr_before,
        mrr_after,
        cohort_month
    from classified
    where movement_type is not null
    union all
    select
        customer_key,
        month,
        'fx' as movement_type,
        'rate' as movement_reason,
        mrr_carried - mrr_before as mrr_change,
        mrr_before,
        mrr_carried as mrr_after,
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
        cast(cohort_month as date) as cohort_month,
        {{ policy_columns() }}
    from moved

)

select * from movements
