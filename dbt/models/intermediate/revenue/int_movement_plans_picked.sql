-- The plan a customer was on before a movement and after it: that of the contract line with the
-- largest MRR at either month-end.
with movements as (

    select * from {{ ref('int_customer_movements_classified') }}

),

pieces as (

    select * from {{ ref('int_subscriptions_pieced') }}

),

moved as (

    select
        customer_key,
        month,
        {{ add_months('month', -1) }} as month_before
    from movements
    where movement_type is not null

),

sides as (

    {%- for side, side_month in [('before', 'month_before'), ('after', 'month')] %}
    select
        moved.customer_key,
        moved.month,
        '{{ side }}' as side,
        pieces.plan_id,
        row_number() over (
            partition by moved.customer_key, moved.month
            order by pieces.mrr_native desc nulls last, pieces.piece_key nulls last
        ) as pick
    from moved
    inner join pieces
        on
            moved.customer_key = pieces.customer_key
            and pieces.first_month <= moved.{{ side_month }}
            and (
                pieces.last_month_excl is null
                or pieces.last_month_excl > moved.{{ side_month }}
            )
    where pieces.mrr_native > 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

picked as (

    select
        customer_key,
        month,
        cast(max(case when side = 'before' then plan_id end) as string) as plan_before,
        cast(max(case when side = 'after' then plan_id end) as string) as plan_after
    from sides
    where pick = 1
    group by customer_key, month

)

select * from picked
