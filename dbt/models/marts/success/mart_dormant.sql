{#- without a contact for longer than this somebody is dormant -#}
{%- set dormant_days = 90 %}
with customers as (

    select * from {{ ref('dim_customer') }}

),

observed as (

    select * from {{ ref('int_customer_months_observed') }}
    where is_current

),

pieces as (

    select * from {{ ref('int_subscriptions_pieced') }}

),

churns as (

    select * from {{ ref('int_customer_churns_explained') }}

),

contacts as (

    select * from {{ ref('int_customer_contacts_latest') }}

),

deals as (

    select * from {{ ref('stg_crm__deals') }}

),

resolved_ids as (

    select * from {{ ref('int_customer_ids_resolved') }}
    where source_entity = 'crm.accounts'

),

-- in a contract today, paid, paused or on trial: not dormant
contracted as (

    select distinct customer_key
    from pieces
    where
        piece_start_date <= {{ as_of() }}
        and (piece_end_excl is null or piece_end_excl > {{ as_of() }})
        and piece_state not in ('past_due', 'pause_expired')

),

last_churns as (

    select
        *,
        row_number() over (
            partition by customer_key order by month desc nulls last, churn_key nulls last
        ) as pick
    from churns

),

-- what the CRM last hoped for from somebody who never paid
last_deals as (

    select
        resolved_ids.customer_key,
        deals.amount_native,
        deals.lost_reason,
        row_number() over (
            partition by resolved_ids.customer_key
            order by
                coalesce(deals.closed_date, deals.stage_changed_date) desc nulls last,
                deals.deal_id nulls last
        ) as pick
    from deals
    inner join resolved_ids on deals.account_id = resolved_ids.source_id
    where
        deals.currency = '{{ var("reporting_currency") }}'
        and coalesce(deals.closed_date, deals.stage_changed_date) <= {{ as_of() }}

),

sleeping as (

    select
        customers.customer_key,
        case when last_churns.customer_key is not null then 'lost' else 'lead' end as dormant_kind,
        last_churns.churned_on,
        last_churns.churn_kind,
        last_churns.reason_code,
        last_deals.lost_reason,
        coalesce(last_churns.mrr_lost, 0) as last_mrr,
        coalesce(last_deals.amount_native, 0) as last_deal_amount,
        contacts.account_owner,
        contacts.last_contact_date,
        contacts.last_contact_kind
    from customers
    left join observed on customers.customer_key = observed.customer_key
    left join contracted on customers.customer_key = contracted.customer_key
    left join last_churns
        on customers.customer_key = last_churns.customer_key and last_churns.pick = 1
    left join last_deals
        on customers.customer_key = last_deals.customer_key and last_deals.pick = 1
    left join contacts on customers.customer_key = contacts.customer_key
    where
        observed.customer_key is null
        and contracted.customer_key is null
        and (
            contacts.last_contact_date is null
            or contacts.last_contact_date <= {{ add_days(as_of(), -dormant_days) }}
        )

),

-- Who to call first: those who paid most, then those who were worth most to the CRM; who was lost
-- to non-payment comes last; of equals, who waits longest.
ranked as (

    select
        *,
        row_number() over (
            order by
                case when churn_kind = 'involuntary' then 1 else 0 end nulls last,
                last_mrr desc nulls last,
                last_deal_amount desc nulls last,
                last_contact_date nulls first,
                customer_key nulls last
        ) as reapproach_rank
    from sleeping

),

dormant as (

    select
        customer_key,
        cast(dormant_kind as string) as dormant_kind,
        cast(churned_on as date) as churned_on,
        cast(churn_kind as string) as churn_kind,
        cast(reason_code as string) as reason_code,
        cast(lost_reason as string) as lost_reason,
        {{ money('last_mrr') }} as last_mrr,
        {{ money('last_deal_amount') }} as last_deal_amount,
        last_contact_date,
        last_contact_kind,
        cast({{ days_between('last_contact_date', as_of()) }} as bigint) as silent_days,
        cast(account_owner as string) as owner,
        cast(reapproach_rank as bigint) as reapproach_rank,
        {{ policy_columns() }}
    from ranked

)

select * from dormant
