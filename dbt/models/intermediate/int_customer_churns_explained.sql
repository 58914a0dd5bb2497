-- Who left, on which day and why. The month and the amount come from the movement; the day and
-- the cause from the contract piece whose end took the customer to zero.
with movements as (

    select * from {{ ref('int_customer_movements_classified') }}

),

pieces as (

    select * from {{ ref('int_subscriptions_pieced') }}

),

cancel_requests as (

    select * from {{ ref('int_cancel_requests_dated') }}

),

churns as (

    select
        customer_key,
        month,
        mrr_carried,
        is_churned_while_paused
    from movements
    where movement_type = 'churn' or is_churned_while_paused

),

last_paid as (

    select
        churns.customer_key,
        churns.month,
        max(movements.month) as last_paid_month
    from churns
    inner join movements on churns.customer_key = movements.customer_key
    where movements.month < churns.month and movements.mrr_after > 0
    group by churns.customer_key, churns.month

),

pieces_followed as (

    select
        pieces.*,
        lead(piece_state) over (partition by segment_key order by piece_start_date nulls last)
            as next_state
    from pieces

),

candidates as (

    select
        churns.customer_key,
        churns.month,
        pieces_followed.source_system,
        pieces_followed.contract_id,
        pieces_followed.segment_key,
        pieces_followed.plan_id,
        pieces_followed.end_cause,
        pieces_followed.next_state,
        pieces_followed.cancel_requested_date,
        case
            when pieces_followed.next_state in ('past_due', 'pause_expired')
                then {{ add_days('pieces_followed.piece_end_excl', -1) }}
            else {{ add_days('pieces_followed.service_end_excl', -1) }}
        end as churned_on,
        row_number() over (
            partition by churns.customer_key, churns.month
            order by
                pieces_followed.piece_end_excl desc nulls last,
                pieces_followed.full_mrr_native desc nulls last,
                pieces_followed.piece_key nulls last
        ) as pick
    from churns
    inner join pieces_followed
        on
            churns.customer_key = pieces_followed.customer_key
            and churns.month = pieces_followed.last_month_excl
    where
        pieces_followed.full_mrr_native > 0
        and pieces_followed.piece_state in ('active', 'grace', 'paused')

),

kept_for_free as (

    select distinct
        churns.customer_key,
        churns.month
    from churns
    inner join pieces on churns.customer_key = pieces.customer_key
    where
        pieces.piece_state = 'free'
        and pieces.first_month <= churns.month
        and (pieces.last_month_excl is null or churns.month < pieces.last_month_excl)

),

requests_picked as (

    select
        candidates.customer_key,
        candidates.month,
        cancel_requests.requested_date,
        cancel_requests.reason_code,
        cancel_requests.reason_text,
        cancel_requests.initiated_by,
        row_number() over (
            partition by candidates.customer_key, candidates.month
            order by
                cancel_requests.reason_code nulls last,
                cancel_requests.initiated_by nulls last,
                cancel_requests.reason_text nulls last
        ) as pick
    from candidates
    inner join cancel_requests
        on
            candidates.source_system = cancel_requests.source_system
            and candidates.contract_id = cancel_requests.contract_id
            and candidates.cancel_requested_date = cancel_requests.requested_date
    where candidates.pick = 1

),

explained as (

    select
        {{ hash_key(['churns.customer_key', 'churns.month']) }} as churn_key,
        churns.customer_key,
        churns.month,
        cast(candidates.churned_on as date) as churned_on,
        cast(requests_picked.requested_date as date) as requested_date,
        cast(
            case
                when candidates.next_state = 'past_due' then 'involuntary'
                when kept_for_free.customer_key is not null then 'to_free'
                when candidates.end_cause = 'deleted' then 'deleted'
                when requests_picked.initiated_by in ('payment', 'company') then 'involuntary'
                when candidates.end_cause = 'lapsed' and candidates.next_state is null
                    then 'term_end'
                else 'voluntary'
            end as string
        ) as churn_kind,
        cast(requests_picked.reason_code as string) as reason_code,
        cast(
            case
                when churns.is_churned_while_paused then last_movements.mrr_after
                else churns.mrr_carried
            end as decimal(18, 6)
        ) as mrr_lost,
        churns.is_churned_while_paused as is_while_paused,
        cast(candidates.source_system as string) as source_system,
        cast(candidates.contract_id as string) as contract_id,
        cast(candidates.plan_id as string) as plan_id,
        cast(requests_picked.reason_text as string) as reason_text,
        cast(requests_picked.initiated_by as string) as initiated_by
    from churns
    left join candidates
        on
            churns.customer_key = candidates.customer_key
            and churns.month = candidates.month
            and candidates.pick = 1
    left join kept_for_free
        on churns.customer_key = kept_for_free.customer_key and churns.month = kept_for_free.month
    left join requests_picked
        on
            churns.customer_key = requests_picked.customer_key
            and churns.month = requests_picked.month
            and requests_picked.pick = 1
    left join last_paid
        on churns.customer_key = last_paid.customer_key and churns.month = last_paid.month
    left join movements as last_movements
        on
            last_paid.customer_key = last_movements.customer_key
            and last_paid.last_paid_month = last_movements.month

)

select * from explained
