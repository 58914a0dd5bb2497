-- What an invoice line is worth per month (G-03): a recurring amount ex tax divided by the months
-- of its service period, counted at each month-end inside the period. A line without a period
-- takes the interval of its contract, else of its plan; a line with neither is listed as
-- unallocable, never taken for one month.
{#- months per interval unit as a fraction, so that a week is exactly 12/52 of a month (D16) -#}
{%- set fractions = {
    'month': ('interval_count', '1'),
    'year': ('12 * interval_count', '1'),
    'week': ('12 * interval_count', '52'),
    'day': ('12 * interval_count', '365'),
} %}
with lines as (  -- noqa: PRS

    select * from {{ ref('stg_billing__invoice_lines') }}

),

invoices as (

    select * from {{ ref('stg_billing__counted_invoices') }}

),

plans as (

    select * from {{ ref('stg_billing__plans') }}

),

segments as (

    select * from {{ ref('int_subscriptions_bounded') }}

),

identified as (

    select * from {{ ref('int_customers_identified') }}
    where source_entity = 'billing.billing_customers'

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

),

edges as (

    select distinct
        history_start_month,
        last_completed_month
    from months

),

invoiced as (

    select
        lines.source_system,
        lines.invoice_id,
        lines.line_no,
        lines.record_key,
        coalesce(lines.contract_id, invoices.contract_id) as contract_id,
        lines.plan_id,
        lines.line_type,
        lines.amount_native,
        lines.tax_rate,
        lines.delivery_id,
        lines.source_sheet,
        lines.source_row,
        invoices.currency,
        invoices.issue_date,
        invoices.billing_customer_id,
        coalesce(lines.service_start_date, invoices.issue_date) as period_start_date,
        {{ add_days('lines.service_end_date', 1) }} as stated_end_excl,
        lines.service_start_date
    from lines
    inner join invoices
        on
            lines.source_system = invoices.source_system
            and lines.invoice_id = invoices.invoice_id

),

-- nearly every contract has one interval and one customer for all its life
contracts as (

    select
        source_system,
        contract_id,
        min(customer_key) as customer_key,
        min(interval_unit) as interval_unit,
        min(interval_count) as interval_count,
        case
            when
                min(customer_key) = max(customer_key)
                and min(interval_unit) = max(interval_unit)
                and min(interval_count) = max(interval_count)
                then 1
            else 0
        end as has_one_interval
    from segments
    group by source_system, contract_id

),

-- of the others: the segment that ran when the service began; of the same plan if several
segments_picked as (

    select
        invoiced.record_key,
        segments.customer_key,
        segments.interval_unit,
        segments.interval_count,
        row_number() over (
            partition by invoiced.record_key
            order by
                case when segments.segment_start_date <= invoiced.period_start_date then 0 else 1 end
                nulls last,
                case when segments.plan_id = invoiced.plan_id then 0 else 1 end nulls last,
                segments.segment_start_date desc nulls last,
                segments.segment_key nulls last
        ) as pick
    from invoiced
    inner join contracts
        on
            invoiced.source_system = contracts.source_system
            and invoiced.contract_id = contracts.contract_id
    inner join segments
        on
            invoiced.source_system = segments.source_system
            and invoiced.contract_id = segments.contract_id
    where contracts.has_one_interval = 0

),

timed as (

    select
        invoiced.*,
        coalesce(
            segments_picked.customer_key, contracts.customer_key, identified.customer_key
        ) as customer_key,
        contracts.contract_id is not null as is_contract_known,
        coalesce(segments_picked.interval_unit, contracts.interval_unit, plans.interval_unit)
            as interval_unit,
        coalesce(
            segments_picked.interval_count,
            contracts.interval_count,
            plans.interval_count,
            case when plans.interval_unit is not null then 1 end
        ) as interval_count
    from invoiced
    left join segments_picked
        on invoiced.record_key = segments_picked.record_key and segments_picked.pick = 1
    left join contracts
        on
            invoiced.source_system = contracts.source_system
            and invoiced.contract_id = contracts.contract_id
    left join plans
        on invoiced.source_system = plans.source_system and invoiced.plan_id = plans.plan_id
    left join identified
        on
            invoiced.source_system = identified.source_system
            and invoiced.billing_customer_id = identified.source_id

),

bounded as (

    select
        *,
        {{ add_intervals('period_start_date', 'interval_unit', 'interval_count') }}
            as one_interval_later,
        coalesce(
            stated_end_excl,
            {{ add_intervals('period_start_date', 'interval_unit', 'interval_count') }}
        ) as period_end_excl,
        case interval_unit
            {%- for unit, (months, per) in fractions.items() %}
            when '{{ unit }}' then {{ months }}
            {%- endfor %}
        end as interval_months,
        case interval_unit
            {%- for unit, (months, per) in fractions.items() %}
            when '{{ unit }}' then {{ per }}
            {%- endfor %}
        end as interval_months_per
    from timed

),

counted as (

    select
        *,
        {{ months_between('period_start_date', 'period_end_excl') }} as whole_months,
        {{ days_between('period_start_date', 'period_end_excl') }} as period_days
    from bounded

),

-- the period in months as a fraction: one interval, else whole calendar months, else days
measured as (

    select
        *,
        case
            when period_end_excl = one_interval_later then interval_months
            when
                whole_months > 0
                and (
                    {{ add_months('period_start_date', 'whole_months') }} = period_end_excl
                    or {{ add_months('period_end_excl', '-whole_months') }} = period_start_date
                ) then whole_months
            else 12 * period_days
        end as period_months,
        case
            when period_end_excl = one_interval_later then interval_months_per
            when
                whole_months > 0
                and (
                    {{ add_months('period_start_date', 'whole_months') }} = period_end_excl
                    or {{ add_months('period_end_excl', '-whole_months') }} = period_start_date
                ) then 1
            else 365
        end as period_months_per
    from counted

),

prorated_periods as (

    select distinct
        source_system,
        invoice_id,
        period_start_date
    from measured
    where line_type = 'proration'

),

divided as (

    select
        measured.*,
        -- a prorated amount is never blown up to a whole month: at least one interval. The discount
        -- on a prorated line is prorated with it.
        case
            when
                (
                    measured.line_type = 'proration'
                    or (
                        measured.line_type = 'discount'
                        and prorated_periods.invoice_id is not null
                    )
                )
                and measured.interval_months * measured.period_months_per
                > measured.period_months * measured.interval_months_per
                then 1
            else 0
        end as is_shorter_than_interval
    from measured
    left join prorated_periods
        on
            measured.source_system = prorated_periods.source_system
            and measured.invoice_id = prorated_periods.invoice_id
            and measured.period_start_date = prorated_periods.period_start_date

),

reasoned as (

    select
        divided.*,
        case
            when divided.is_shorter_than_interval = 1 then divided.interval_months
            else divided.period_months
        end as divisor_months,
        case
            when divided.is_shorter_than_interval = 1 then divided.interval_months_per
            else divided.period_months_per
        end as divisor_months_per,
        issue_rates.rate as issue_rate,
        case
            when divided.line_type not in ('recurring', 'proration', 'discount') then null
            when divided.customer_key is null then 'no_customer'
            when divided.period_end_excl is null then 'unallocable_period'
            when divided.period_end_excl <= divided.period_start_date then 'unallocable_period'
            when issue_rates.rate is null then 'no_rate'
        end as unallocable_reason
    from divided
    cross join edges
    left join rates as issue_rates
        on
            divided.currency = issue_rates.currency
            and issue_rates.month = least(
                greatest({{ month_start('divided.issue_date') }}, edges.history_start_month),
                edges.last_completed_month
            )

),

allocated as (

    select
        cast(record_key as string) as invoice_line_key,
        cast(source_system as string) as source_system,
        cast(invoice_id as string) as invoice_id,
        cast(line_no as bigint) as line_no,
        cast(customer_key as string) as customer_key,
        cast(contract_id as string) as contract_id,
        cast(is_contract_known as boolean) as is_contract_known,
        cast(plan_id as string) as plan_id,
        cast(line_type as string) as line_type,
        cast(currency as string) as currency,
        cast(issue_date as date) as issue_date,
        cast(period_start_date as date) as period_start_date,
        cast(period_end_excl as date) as period_end_excl,
        {{ money('amount_native') }} as amount_native,
        {{ money('coalesce(tax_rate, 0)') }} as tax_rate,
        {{ money('issue_rate') }} as issue_rate,
        cast(
            case
                when line_type not in ('recurring', 'proration', 'discount') then 'not_recurring'
                when unallocable_reason is not null then 'unallocable'
                else 'allocated'
            end as string
        ) as allocation_state,
        cast(unallocable_reason as string) as unallocable_reason,
        -- null where no period is known; a line that is not recurring has one for comparison only
        case
            when unallocable_reason is null and period_end_excl > period_start_date
                then {{ divide('amount_native * divisor_months_per', 'divisor_months') }}
        end as monthly_native,
        {{ month_start('period_start_date') }} as first_month,
        {{ month_start('period_end_excl') }} as last_month_excl,
        cast(service_start_date is not null or stated_end_excl is not null as boolean)
            as is_period_stated,
        delivery_id,
        source_sheet,
        source_row
    from reasoned

)

select * from allocated
