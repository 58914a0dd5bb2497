-- Cuts each price segment wherever something changes (discount, pause, past due, grace), so that
-- one row has one state and one monthly amount. MRR per contract is decided here and nowhere else
-- (G-02).
{#- unit: intervals per period, months per period (D16) -#}
{%- set months_per = {
    'month': ('1', '1'),
    'year': ('1', '12'),
    'week': ('52', '12'),
    'day': ('365', '12'),
} %}
with segments as (

    select * from {{ ref('int_subscriptions_bounded') }}

),

pauses_staged as (

    select * from {{ ref('stg_billing__subscription_pauses') }}

),

discounts_staged as (

    select * from {{ ref('stg_billing__subscription_discounts') }}

),

invoices as (

    select * from {{ ref('int_invoices_settled') }}

),

pauses as (

    select
        segments.segment_key,
        pauses_staged.pause_start_date as from_date,
        {{ add_days('pauses_staged.pause_end_date', 1) }} as until_date,
        -- days since the pause began <= max_pause_days
        {{ add_days('pauses_staged.pause_start_date', (var('max_pause_days') | int) + 1) }} as expiry_date
    from segments
    inner join pauses_staged
        on
            segments.source_system = pauses_staged.source_system
            and segments.contract_id = pauses_staged.contract_id

),

arrears as (

    select
        segments.segment_key,
        -- covered while days since the due date <= past_due_grace_days
        {{ add_days('invoices.due_date', (var('past_due_grace_days') | int) + 1) }} as from_date,
        invoices.settled_date as until_date
    from segments
    inner join invoices
        on
            segments.source_system = invoices.source_system
            and segments.contract_id = invoices.contract_id
    where
        invoices.due_date is not null
        and (
            invoices.settled_date is null
            or invoices.settled_date
            > {{ add_days('invoices.due_date', (var('past_due_grace_days') | int) + 1) }}
        )

),

first_lines as (

    select
        source_system,
        contract_id,
        min(line_id) as first_line_id
    from segments
    group by source_system, contract_id

),

-- A discount without a line is of the whole contract: a percentage comes off every line, an amount
-- once, off the first line.
discounts_bounded as (

    select
        segments.segment_key,
        discounts_staged.percent,
        case
            when
                discounts_staged.line_id is not null
                or segments.line_id = first_lines.first_line_id
                then discounts_staged.amount_native
        end as amount_native,
        discounts_staged.start_date as from_date,
        least(
            {{ add_days('discounts_staged.end_date', 1) }},
            {{ add_intervals(
                'discounts_staged.start_date', 'segments.interval_unit',
                'discounts_staged.max_invoices * segments.interval_count') }}
        ) as until_date,
        {{ add_intervals(
            'discounts_staged.start_date', 'segments.interval_unit', 'segments.interval_count') }}
            as one_interval_later
    from segments
    inner join discounts_staged
        on
            segments.source_system = discounts_staged.source_system
            and segments.contract_id = discounts_staged.contract_id
            and segments.line_id = coalesce(discounts_staged.line_id, segments.line_id)
    inner join first_lines
        on
            segments.source_system = first_lines.source_system
            and segments.contract_id = first_lines.contract_id

),

-- D14: a discount counts when it lasts longer than one billing period
discounts as (

    select
        segment_key,
        percent,
        amount_native,
        from_date,
        until_date
    from discounts_bounded
    where
        '{{ var("discount_in_mrr") }}' = 'all'
        or (
            '{{ var("discount_in_mrr") }}' = 'recurring'
            and (until_date is null or until_date > one_interval_later)
        )

),

cuts as (

    select segment_key, segment_start_date as cut_date from segments
    union
    select segment_key, service_end_excl as cut_date from segments
    union
    select segment_key, from_date as cut_date from pauses
    union
    select segment_key, until_date as cut_date from pauses
    union
    select segment_key, expiry_date as cut_date from pauses
    where until_date is null or expiry_date < until_date
    union
    select segment_key, from_date as cut_date from arrears
    union
    select segment_key, until_date as cut_date from arrears
    union
    select segment_key, from_date as cut_date from discounts
    union
    select segment_key, until_date as cut_date from discounts

),

pieces as (

    select
        segments.*,
        cuts.cut_date as piece_start_date,
        coalesce(
            lead(cuts.cut_date) over (
                partition by cuts.segment_key order by cuts.cut_date nulls last
            ),
            segments.covered_end_excl
        ) as piece_end_excl,
        -- in grace the price stays what it was on the last service day
        least(cuts.cut_date, {{ add_days('segments.service_end_excl', -1) }}) as price_date
    from cuts
    inner join segments on cuts.segment_key = segments.segment_key
    where
        cuts.cut_date >= segments.segment_start_date
        and (segments.covered_end_excl is null or cuts.cut_date < segments.covered_end_excl)

),

pieces_paused as (

    select
        pieces.segment_key,
        pieces.piece_start_date,
        max(case when pieces.piece_start_date < pauses.expiry_date then 1 else 0 end)
            as is_within_limit
    from pieces
    inner join pauses on pieces.segment_key = pauses.segment_key
    where
        pauses.from_date <= pieces.piece_start_date
        and (pauses.until_date is null or pieces.piece_start_date < pauses.until_date)
    group by pieces.segment_key, pieces.piece_start_date

),

pieces_in_arrears as (

    select distinct
        pieces.segment_key,
        pieces.piece_start_date
    from pieces
    inner join arrears on pieces.segment_key = arrears.segment_key
    where
        arrears.from_date <= pieces.piece_start_date
        and (arrears.until_date is null or pieces.piece_start_date < arrears.until_date)

),

pieces_discounted as (

    select
        pieces.segment_key,
        pieces.piece_start_date,
        sum(coalesce(discounts.percent, 0)) as percent,
        sum(coalesce(discounts.amount_native, 0)) as amount_native
    from pieces
    inner join discounts on pieces.segment_key = discounts.segment_key
    where
        discounts.from_date <= pieces.price_date
        and (discounts.until_date is null or pieces.price_date < discounts.until_date)
    group by pieces.segment_key, pieces.piece_start_date

),

discounted as (

    select
        pieces.*,
        pieces_paused.is_within_limit,
        pieces_in_arrears.segment_key is not null as is_in_arrears,
        -- two percentages add up on the list price
        cast(
            {{ times(
                'pieces.gross_native',
                'cast(coalesce(pieces_discounted.percent, 0) as decimal(12, 6)) * 0.01') }}
            + coalesce(pieces_discounted.amount_native, 0) as decimal(18, 6)
        ) as stated_discount_native
    from pieces
    left join pieces_paused
        on
            pieces.segment_key = pieces_paused.segment_key
            and pieces.piece_start_date = pieces_paused.piece_start_date
    left join pieces_in_arrears
        on
            pieces.segment_key = pieces_in_arrears.segment_key
            and pieces.piece_start_date = pieces_in_arrears.piece_start_date
    left join pieces_discounted
        on
            pieces.segment_key = pieces_discounted.segment_key
            and pieces.piece_start_date = pieces_discounted.piece_start_date

),

-- a discount never makes a price negative (G-40); it is told where it would
capped as (

    select
        *,
        least(gross_native, stated_discount_native) as recurring_discount_native,
        stated_discount_native > gross_native as is_over_discounted
    from discounted

),

stated as (

    select
        *,
        case
            when is_trial then 'trial'
            when is_in_arrears then 'past_due'
            when is_within_limit = 1 then 'paused'
            when is_within_limit = 0 then 'pause_expired'
            when gross_native - recurring_discount_native <= 0 then 'free'
            when piece_start_date >= service_end_excl then 'grace'
            else 'active'
        end as piece_state
    from capped

),

monthly as (

    select
        *,
        -- one division per amount: its tax and per month at once, so that nothing is rounded twice
        -- (D15, D16)
        {%- set net = '(gross_native - recurring_discount_native)' %}
        {%- for amount, taxed, column in [
            (net, '(1 + included_tax_rate)', 'full_mrr_native'),
            ('gross_native', '(1 + included_tax_rate)', 'full_gross_mrr_native'),
            (times(net, '1 + added_tax_rate'), '1', 'full_mrr_incl_tax_native'),
        ] %}
        case interval_unit
            {%- for unit, (times_months, per_months) in months_per.items() %}
            when '{{ unit }}' then {{ divide(
                amount ~ ' * ' ~ times_months,
                taxed ~ ' * ' ~ per_months ~ ' * interval_count') }}
            {%- endfor %}
        end as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from stated

),

pieced as (

    select
        {{ hash_key(['segment_key', 'piece_start_date']) }} as piece_key,
        segment_key,
        subscription_key,
        customer_key,
        source_system,
        contract_id,
        line_id,
        plan_id,
        segment_start_date,
        service_end_excl,
        covered_end_excl,
        end_cause,
        cancel_requested_date,
        cast(piece_start_date as date) as piece_start_date,
        cast(piece_end_excl as date) as piece_end_excl,
        cast(piece_state as string) as piece_state,
        quantity,
        unit_price_native,
        gross_native,
        {{ money('recurring_discount_native') }} as recurring_discount_native,
        {{ money('gross_native - recurring_discount_native') }} as net_native,
        {{ money('full_mrr_native') }} as full_mrr_native,
        cast(
            case when piece_state in ('active', 'grace') then full_mrr_native else 0 end
            as decimal(18, 6)
        ) as mrr_native,
        -- null: it counts, and nobody said at which rate it is taxed
        cast(
            case when piece_state in ('active', 'grace') then full_mrr_incl_tax_native else 0 end
            as decimal(18, 6)
        ) as mrr_incl_tax_native,
        -- before the discount; 0 wherever mrr_native counts nothing, a price discounted away counts
        cast(
            case
                when piece_state in ('active', 'grace', 'free') then full_gross_mrr_native
                else 0
            end as decimal(18, 6)
        ) as gross_mrr_native,
        included_tax_rate,
        cast(is_over_discounted as boolean) as is_over_discounted,
        currency,
        interval_unit,
        interval_count,
        delivery_id,
        source_sheet,
        source_row,
        -- a piece counts at the month-ends it covers: months [first, last)
        {{ month_start('piece_start_date') }} as first_month,
        {{ month_start('piece_end_excl') }} as last_month_excl
    from monthly

)

select * from pieced
