-- From when to when a price segment is in service, how long the lapse grace carries it (D7), and
-- why it ends. Every end here is exclusive. Effective dates only: no fact is used before the day
-- it happened.
with subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}

),

identified as (

    select * from {{ ref('int_customers_identified') }}
    where source_entity = 'billing.billing_customers'

),

cancel_requests as (

    select * from {{ ref('int_cancel_requests_dated') }}

),

pauses as (

    select * from {{ ref('stg_billing__subscription_pauses') }}

),

keyed as (

    select
        subscriptions.*,
        identified.customer_key,
        {{ hash_key([
            'subscriptions.source_system', 'subscriptions.contract_id', 'subscriptions.line_id',
        ]) }} as subscription_key,
        {{ hash_key([
            'subscriptions.source_system', 'subscriptions.contract_id', 'subscriptions.line_id',
            'subscriptions.segment_start_date',
        ]) }} as segment_key,
        lead(subscriptions.segment_start_date) over (
            partition by
                subscriptions.source_system, subscriptions.contract_id, subscriptions.line_id
            order by subscriptions.segment_start_date nulls last
        ) as next_segment_start_date
    from subscriptions
    left join identified
        on
            subscriptions.source_system = identified.source_system
            and subscriptions.billing_customer_id = identified.source_id

),

-- A request belongs to the segment that was running when it took effect: a request for an earlier
-- life of the contract must not end a later one, nor shorten the grace before it.
requests_matched as (

    select
        keyed.segment_key,
        min(cancel_requests.requested_date) as cancel_requested_date,
        min(cancel_requests.effective_date) as cancel_effective_date,
        -- nothing is carried in grace once the customer has asked to leave, nor beyond the day
        -- they asked for, also when the request was written down later
        min(
            least(
                cancel_requests.requested_date,
                {{ add_days('cancel_requests.effective_date', 1) }}
            )
        ) as grace_ends_date
    from keyed
    inner join cancel_requests
        on
            keyed.source_system = cancel_requests.source_system
            and keyed.contract_id = cancel_requests.contract_id
    where
        coalesce(cancel_requests.effective_date, cancel_requests.requested_date)
        >= keyed.segment_start_date
        and (
            keyed.next_segment_start_date is null
            or coalesce(cancel_requests.effective_date, cancel_requests.requested_date)
            < keyed.next_segment_start_date
        )
    group by keyed.segment_key

),

ended as (

    select
        keyed.*,
        requests_matched.cancel_requested_date,
        requests_matched.grace_ends_date,
        -- the contract's own end wins; a request's date ends an open contract only (churn at the
        -- end of the paid period, never at the request: D4). Under churn_recognition =
        -- cancel_effective the request also ends a contract that is paid for longer.
        least(
            {% if var('churn_recognition') == 'cancel_effective' -%}
            keyed.segment_end_excl,
            {{ add_days('requests_matched.cancel_effective_date', 1) }},
            {%- else -%}
            coalesce(
                keyed.segment_end_excl,
                {{ add_days('requests_matched.cancel_effective_date', 1) }}
            ),
            {%- endif %}
            keyed.next_segment_start_date,
            keyed.deleted_in_source_date
        ) as service_end_excl
    from keyed
    left join requests_matched on keyed.segment_key = requests_matched.segment_key

),

priced as (

    select
        ended.*,
        cast(
            greatest(
                {{ times('unit_price_native', 'quantity') }},
                case
                    when '{{ var("usage_in_mrr") }}' = 'committed'
                        then coalesce(committed_minimum_native, 0)
                    else 0
                end
            ) as decimal(18, 6)
        ) as gross_native,
        coalesce(is_trial, false) as is_trial_segment
    from ended
    where service_end_excl is null or segment_start_date < service_end_excl

),

paid as (

    select
        customer_key,
        segment_key,
        segment_start_date
    from priced
    where not is_trial_segment and gross_native > 0

),

lapsed as (

    select
        segment_key,
        customer_key,
        source_system,
        contract_id,
        service_end_excl
    from priced
    where service_end_excl is not null and not is_trial_segment and gross_native > 0

),

replacements as (

    select
        lapsed.segment_key,
        min(paid.segment_start_date) as replaced_date
    from lapsed
    inner join paid on lapsed.customer_key = paid.customer_key
    where paid.segment_start_date >= lapsed.service_end_excl
    group by lapsed.segment_key

),

-- A contract that ran out while paused was not in service on its last day: there is nothing to
-- carry.
paused_at_end as (

    select distinct lapsed.segment_key
    from lapsed
    inner join pauses
        on
            lapsed.source_system = pauses.source_system
            and lapsed.contract_id = pauses.contract_id
    where
        pauses.pause_start_date < lapsed.service_end_excl
        and (
            pauses.pause_end_date is null
            or pauses.pause_end_date >= {{ add_days('lapsed.service_end_excl', -1) }}
        )

),

graced as (

    select
        priced.*,
        case
            when lapsed.segment_key is null or paused_at_end.segment_key is not null
                then priced.service_end_excl
            else greatest(
                priced.service_end_excl,
                least(
                    -- days since the last service day <= N
                    {{ add_days('priced.service_end_excl', var('lapse_grace_days')) }},
                    replacements.replaced_date,
                    -- a line that goes on has not lapsed, whatever its new terms (free, trial,
                    -- another customer)
                    priced.next_segment_start_date,
                    priced.grace_ends_date,
                    priced.deleted_in_source_date
                )
            )
        end as covered_end_excl
    from priced
    left join lapsed on priced.segment_key = lapsed.segment_key
    left join replacements on priced.segment_key = replacements.segment_key
    left join paused_at_end on priced.segment_key = paused_at_end.segment_key

),

bounded as (

    select
        cast(segment_key as string) as segment_key,
        cast(subscription_key as string) as subscription_key,
        cast(customer_key as string) as customer_key,
        cast(source_system as string) as source_system,
        cast(contract_id as string) as contract_id,
        cast(line_id as string) as line_id,
        cast(plan_id as string) as plan_id,
        cast(segment_start_date as date) as segment_start_date,
        cast(service_end_excl as date) as service_end_excl,
        cast(covered_end_excl as date) as covered_end_excl,
        cast(
            case
                when service_end_excl is null then 'open'
                when
                    cancel_requested_date is not null
                    then 'cancelled'
                when service_end_excl = deleted_in_source_date then 'deleted'
                else 'lapsed'
            end as string
        ) as end_cause,
        cast(cancel_requested_date as date) as cancel_requested_date,
        {{ money('quantity') }} as quantity,
        {{ money('unit_price_native') }} as unit_price_native,
        {{ money('gross_native') }} as gross_native,
        cast(
            case when price_includes_tax then coalesce(tax_rate, 0) else 0 end as decimal(18, 6)
        ) as included_tax_rate,
        -- null: the price is ex tax and nobody said at which rate it is taxed
        cast(case when price_includes_tax then 0 else tax_rate end as decimal(18, 6))
            as added_tax_rate,
        cast(currency as string) as currency,
        cast(interval_unit as string) as interval_unit,
        cast(interval_count as bigint) as interval_count,
        cast(is_trial_segment as boolean) as is_trial,
        cast(delivery_id as string) as delivery_id,
        cast(source_sheet as string) as source_sheet,
        cast(source_row as bigint) as source_row
    from graced

)

select * from bounded
