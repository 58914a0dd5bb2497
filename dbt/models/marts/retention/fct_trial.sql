-- A trial is an unbroken stretch of trial segments of one contract. It converts when the customer
-- starts to pay: with any contract if it paid for none when the trial began, else with this one.
with segments as (

    select * from {{ ref('int_subscriptions_bounded') }}

),

pieces as (

    select * from {{ ref('int_subscriptions_pieced') }}

),

attributed as (

    select * from {{ ref('int_customers_attributed') }}

),

trial_segments as (

    select
        customer_key,
        source_system,
        contract_id,
        segment_start_date,
        -- an open end never lets another trial begin
        coalesce(service_end_excl, cast('9999-12-31' as date)) as segment_end_excl
    from segments
    where
        is_trial
        and segment_start_date <= {{ as_of() }}
        and customer_key is not null

),

reached as (

    select
        trial_segments.*,
        max(segment_end_excl) over (
            partition by customer_key, source_system, contract_id
            order by segment_start_date nulls last, segment_end_excl nulls last
            rows between unbounded preceding and 1 preceding
        ) as reached_end_excl
    from trial_segments

),

numbered as (

    select
        reached.*,
        sum(
            case
                when reached_end_excl is null or segment_start_date > reached_end_excl then 1
                else 0
            end
        ) over (
            partition by customer_key, source_system, contract_id
            order by segment_start_date nulls last, segment_end_excl nulls last
            rows between unbounded preceding and current row
        ) as trial_number
    from reached

),

trials as (

    select
        customer_key,
        source_system,
        contract_id,
        min(segment_start_date) as trial_start_date,
        max(segment_end_excl) as trial_end_excl
    from numbered
    group by customer_key, source_system, contract_id, trial_number

),

paid as (

    select
        customer_key,
        source_system,
        contract_id,
        piece_start_date,
        coalesce(piece_end_excl, cast('9999-12-31' as date)) as piece_end_excl
    from pieces
    where mrr_native > 0 and piece_start_date <= {{ as_of() }}

),

existing as (

    select distinct
        trials.customer_key,
        trials.source_system,
        trials.contract_id,
        trials.trial_start_date
    from trials
    inner join paid on trials.customer_key = paid.customer_key
    where
        paid.piece_start_date < trials.trial_start_date
        and paid.piece_end_excl >= trials.trial_start_date

),

converted as (

    select
        trials.customer_key,
        trials.source_system,
        trials.contract_id,
        trials.trial_start_date,
        min(paid.piece_start_date) as converted_on
    from trials
    inner join paid on trials.customer_key = paid.customer_key
    left join existing
        on
            trials.customer_key = existing.customer_key
            and trials.source_system = existing.source_system
            and trials.contract_id = existing.contract_id
            and trials.trial_start_date = existing.trial_start_date
    where
        paid.piece_start_date >= trials.trial_start_date
        and (
            existing.customer_key is null
            or (
                trials.source_system = paid.source_system
                and trials.contract_id = paid.contract_id
            )
        )
    group by
        trials.customer_key, trials.source_system, trials.contract_id, trials.trial_start_date

),

joined as (

    select
        {{ hash_key([
            'trials.source_system', 'trials.contract_id', 'trials.customer_key',
            'trials.trial_start_date']) }} as trial_key,
        cast(trials.customer_key as string) as customer_key,
        cast(trials.source_system as string) as source_system,
        cast(trials.contract_id as string) as contract_id,
        cast(trials.trial_start_date as date) as trial_start_date,
        cast(
            case
                when trials.trial_end_excl < cast('9999-12-31' as date) then trials.trial_end_excl
            end as date
        ) as trial_end_excl,
        cast(converted.converted_on as date) as converted_on,
        cast({{ days_between('trials.trial_start_date', 'converted.converted_on') }} as bigint)
            as conversion_days,
        cast(existing.customer_key is not null as boolean) as is_existing_customer,
        cast(attributed.campaign_id as string) as campaign_id,
        {{ policy_columns() }}
    from trials
    left join converted
        on
            trials.customer_key = converted.customer_key
            and trials.source_system = converted.source_system
            and trials.contract_id = converted.contract_id
            and trials.trial_start_date = converted.trial_start_date
    left join existing
        on
            trials.customer_key = existing.customer_key
            and trials.source_system = existing.source_system
            and trials.contract_id = existing.contract_id
            and trials.trial_start_date = existing.trial_start_date
    left join attributed on trials.customer_key = attributed.customer_key

)

select * from joined
