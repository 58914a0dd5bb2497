-- Why a customer's MRR grew or shrank (G-06): each contract line is compared with itself at the
-- month-end before, and its change is split into seats, price or tier, and discount. A line that
-- started or ended beside others is an add-on; an ended and a started main line of one customer
-- are one line that was replaced. The rows of a movement add up to it to the last digit: what
-- rounding leaves goes to the largest row, anything larger is a row of its own, `contract`.
with movements as (

    select * from {{ ref('int_customer_movements_classified') }}

),

pieces as (

    select * from {{ ref('int_subscriptions_pieced') }}

),

plans as (

    select * from {{ ref('stg_billing__plans') }}

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

),

changes as (

    select
        customer_key,
        month,
        {{ add_months('month', -1) }} as month_before,
        mrr_after - mrr_carried as mrr_change
    from movements
    where movement_type in ('expansion', 'contraction')

),

pieces_grouped as (

    select
        *,
        case
            when piece_state in ('active', 'grace') then 'billing'
            when piece_state = 'free' and gross_native > 0 then 'billing'
            when piece_state in ('paused', 'pause_expired') and full_mrr_native > 0 then 'paused'
            when piece_state = 'past_due' and full_mrr_native > 0 then 'past_due'
        end as line_state
    from pieces

),

sides as (

    {%- for side, side_month in [(0, 'month_before'), (1, 'month')] %}
    select
        changes.customer_key,
        changes.month,
        {{ side }} as side,
        pieces_grouped.subscription_key,
        pieces_grouped.source_system,
        pieces_grouped.plan_id,
        pieces_grouped.line_state,
        pieces_grouped.quantity,
        pieces_grouped.currency,
        pieces_grouped.gross_mrr_native,
        pieces_grouped.mrr_native,
        -- a contracted minimum makes the amount independent of the seats
        case
            when
                pieces_grouped.gross_native
                = {{ times('pieces_grouped.unit_price_native', 'pieces_grouped.quantity') }}
                then 1
            else 0
        end as is_by_quantity,
        row_number() over (
            partition by
                changes.customer_key, changes.month, pieces_grouped.subscription_key
            order by pieces_grouped.mrr_native desc nulls last, pieces_grouped.piece_key nulls last
        ) as pick
    from changes
    inner join pieces_grouped
        on
            changes.customer_key = pieces_grouped.customer_key
            and pieces_grouped.first_month <= changes.{{ side_month }}
            and (
                pieces_grouped.last_month_excl is null
                or pieces_grouped.last_month_excl > changes.{{ side_month }}
            )
    where pieces_grouped.line_state is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

sides_converted as (

    select
        sides.*,
        plans.plan_rank,
        coalesce(plans.is_addon, false) as is_addon,
        {{ times('sides.gross_mrr_native', 'rates.rate') }} as gross_mrr,
        {{ times('sides.mrr_native', 'rates.rate') }} as mrr
    from sides
    left join rates on sides.month = rates.month and sides.currency = rates.currency
    left join plans on sides.source_system = plans.source_system and sides.plan_id = plans.plan_id
    where sides.pick = 1

),

lines as (

    select
        customer_key,
        month,
        subscription_key,
        {%- for side in [0, 1] %}
        {%- for column in [
            'line_state', 'plan_id', 'plan_rank', 'quantity', 'is_by_quantity', 'gross_mrr', 'mrr',
        ] %}
        max(case when side = {{ side }} then {{ column }} end) as {{ column }}_{{ side }},
        {%- endfor %}
        {%- endfor %}
        max(case when is_addon then 1 else 0 end) as is_addon
    from sides_converted
    group by customer_key, month, subscription_key

),

lines_ranked as (

    select
        *,
        case
            when line_state_0 = 'billing' and line_state_1 is null then 'ended'
            when line_state_0 is null and line_state_1 = 'billing' then 'started'
            when line_state_0 = 'billing' and line_state_1 = 'billing' then 'changed'
            when line_state_1 = 'paused' then 'pause'
            when line_state_0 = 'paused' then 'resume'
            when 'past_due' in (line_state_0, line_state_1) then 'past_due'
        end as line_change,
        row_number() over (
            partition by
                customer_key, month, is_addon,
                case when line_state_0 is null then 'started' else 'other' end,
                case when line_state_1 is null then 'ended' else 'other' end
            order by coalesce(mrr_0, mrr_1) desc nulls last, subscription_key nulls last
        ) as change_rank
    from lines

),

replaced as (

    select
        ended.customer_key,
        ended.month,
        ended.subscription_key as ended_key,
        started.subscription_key as started_key,
        ended.plan_id_0,
        ended.plan_rank_0,
        ended.quantity_0,
        ended.is_by_quantity_0,
        ended.gross_mrr_0,
        ended.mrr_0,
        started.plan_id_1,
        started.plan_rank_1,
        started.quantity_1,
        started.is_by_quantity_1,
        started.gross_mrr_1,
        started.mrr_1
    from lines_ranked as ended
    inner join lines_ranked as started
        on
            ended.customer_key = started.customer_key
            and ended.month = started.month
            and ended.change_rank = started.change_rank
    where
        ended.line_change = 'ended' and ended.is_addon = 0
        and started.line_change = 'started' and started.is_addon = 0

),

compared as (

    select
        customer_key,
        month,
        plan_id_0,
        plan_rank_0,
        quantity_0,
        is_by_quantity_0,
        gross_mrr_0,
        mrr_0,
        plan_id_1,
        plan_rank_1,
        quantity_1,
        is_by_quantity_1,
        gross_mrr_1,
        mrr_1
    from lines_ranked
    where line_change = 'changed'
    union all
    select
        customer_key,
        month,
        plan_id_0,
        plan_rank_0,
        quantity_0,
        is_by_quantity_0,
        gross_mrr_0,
        mrr_0,
        plan_id_1,
        plan_rank_1,
        quantity_1,
        is_by_quantity_1,
        gross_mrr_1,
        mrr_1
    from replaced

),

seated as (

    select
        *,
        -- (q1 - q0) x p0, per month and ex tax
        case
            when is_by_quantity_0 = 1 and is_by_quantity_1 = 1 and quantity_0 > 0
                then {{ divide(times('gross_mrr_0', 'quantity_1 - quantity_0'), 'quantity_0') }}
            else 0
        end as seat_change,
        (gross_mrr_0 - mrr_0) as discount_0,
        (gross_mrr_1 - mrr_1) as discount_1
    from compared

),

reasoned as (

    select
        customer_key,
        month,
        'seat' as movement_reason,
        seat_change as mrr_change
    from seated
    union all
    select
        customer_key,
        month,
        case
            when plan_rank_0 <> plan_rank_1 then 'tier'
            when
                coalesce(plan_id_0, '') <> coalesce(plan_id_1, '')
                and (plan_rank_0 is null or plan_rank_1 is null)
                then 'tier'
            else 'price'
        end as movement_reason,
        gross_mrr_1 - gross_mrr_0 - seat_change as mrr_change
    from seated
    union all
    select
        customer_key,
        month,
        case when discount_0 > 0 and discount_1 = 0 then 'discount_end' else 'discount' end
            as movement_reason,
        discount_0 - discount_1 as mrr_change
    from seated
    union all
    select
        lines_ranked.customer_key,
        lines_ranked.month,
        case
            when lines_ranked.line_change in ('started', 'ended') then 'addon'
            else lines_ranked.line_change
        end as movement_reason,
        case
            when lines_ranked.line_state_1 = 'billing' then lines_ranked.mrr_1
            when lines_ranked.line_state_0 = 'billing' then -lines_ranked.mrr_0
            else 0
        end as mrr_change
    from lines_ranked
    left join replaced as replaced_away
        on
            lines_ranked.customer_key = replaced_away.customer_key
            and lines_ranked.month = replaced_away.month
            and lines_ranked.subscription_key = replaced_away.ended_key
    left join replaced as replacing
        on
            lines_ranked.customer_key = replacing.customer_key
            and lines_ranked.month = replacing.month
            and lines_ranked.subscription_key = replacing.started_key
    where
        lines_ranked.line_change <> 'changed'
        and replaced_away.ended_key is null
        and replacing.started_key is null

),

summed as (

    select
        customer_key,
        month,
        movement_reason,
        sum(mrr_change) as mrr_change
    from reasoned
    group by customer_key, month, movement_reason
    -- less than that is rounding, not a reason
    having abs(sum(mrr_change)) >= cast(0.001 as decimal(18, 6))

),

totals as (

    select
        customer_key,
        month,
        sum(mrr_change) as mrr_change
    from summed
    group by customer_key, month

),

rests as (

    select
        changes.customer_key,
        changes.month,
        changes.mrr_change - coalesce(totals.mrr_change, 0) as rest_change,
        case
            when
                totals.mrr_change is not null
                and abs(changes.mrr_change - totals.mrr_change) < cast(0.001 as decimal(18, 6))
                then 1
            else 0
        end as is_rounding
    from changes
    left join totals
        on changes.customer_key = totals.customer_key and changes.month = totals.month

),

ranked as (

    select
        *,
        row_number() over (
            partition by customer_key, month
            order by abs(mrr_change) desc nulls last, movement_reason nulls last
        ) as pick
    from summed

),

rounded as (

    select
        ranked.customer_key,
        ranked.month,
        ranked.movement_reason,
        ranked.mrr_change
        + case when ranked.pick = 1 and rests.is_rounding = 1 then rests.rest_change else 0 end
            as mrr_change
    from ranked
    inner join rests on ranked.customer_key = rests.customer_key and ranked.month = rests.month
    union all
    select
        customer_key,
        month,
        'contract' as movement_reason,
        rest_change as mrr_change
    from rests
    where is_rounding = 0 and rest_change <> 0

),

split as (

    select
        customer_key,
        month,
        cast(movement_reason as string) as movement_reason,
        {{ money('mrr_change') }} as mrr_change
    from rounded
    where mrr_change <> 0

)

select * from split
