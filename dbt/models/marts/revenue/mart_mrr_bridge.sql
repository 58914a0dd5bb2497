with differences as (

    select * from {{ ref('fct_mrr_bridge') }}

),

billed as (

    select * from {{ ref('mart_mrr_billed') }}

),

items as (

    {%- for item in bridge_items() %}
    select
        '{{ item }}' as bridge_item,
        {{ loop.index }} as item_order
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

summed as (

    select
        month,
        bridge_item,
        sum(mrr_change) as mrr_change,
        count(distinct customer_key) as customer_count
    from differences
    group by month, bridge_item

),

-- every month has every item, so that a chart never has to guess what a missing row means
bridge as (

    select
        billed.month,
        cast(items.bridge_item as string) as bridge_item,
        cast(items.item_order as bigint) as item_order,
        {{ total('coalesce(summed.mrr_change, 0)') }} as mrr_change,
        cast(coalesce(summed.customer_count, 0) as bigint) as customer_count,
        billed.contract_mrr,
        billed.billed_mrr,
        {{ policy_columns() }}
    from billed
    cross join items
    left join summed
        on billed.month = summed.month and items.bridge_item = summed.bridge_item

)

select * from bridge
