with pieces as (

    select * from {{ ref('int_subscriptions_pieced') }}

),

segments as (

    select
        piece_key as segment_key,
        subscription_key,
        customer_key,
        source_system,
        contract_id,
        line_id,
        plan_id,
        segment_start_date,
        service_end_excl as segment_end_excl,
        piece_start_date,
        piece_end_excl,
        piece_state as segment_state,
        end_cause,
        quantity,
        unit_price_native,
        gross_native,
        recurring_discount_native,
        net_native,
        gross_mrr_native,
        mrr_native,
        mrr_incl_tax_native,
        cast(case when mrr_incl_tax_native is null then 'no_tax_rate' end as string)
            as mrr_incl_tax_native_null_reason,
        is_over_discounted,
        currency,
        interval_unit,
        interval_count,
        delivery_id,
        source_sheet,
        source_row,
        {{ policy_columns() }}
    from pieces

)

select * from segments
