{%- set margin = var('gross_margin_rate') %}
with customers as (

    select * from {{ ref('dim_customer') }}

),

pieces as (

    select * from {{ ref('int_subscriptions_pieced') }}

),

plans as (

    select * from {{ ref('stg_billing__plans') }}

),

movements as (

    select * from {{ ref('int_customer_movements_classified') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

rfm as (

    select * from {{ ref('mart_rfm') }}

),

revenue as (

    select * from {{ ref('int_customer_revenue_monthly') }}

),

seen as (

    select * from {{ ref('int_customers_seen') }}

),

inquiries as (

    select * from {{ ref('int_customer_inquiries_counted') }}

),

receivables as (

    select * from {{ ref('mart_ar_aging_customer') }}

),

terms as (

    select * from {{ ref('fct_renewal_term') }}

),

contacts as (

    select * from {{ ref('int_customer_contacts_latest') }}

),

consents as (

    select * from {{ ref('int_customer_consents_stated') }}

),

pieces_running as (

    select
        pieces.customer_key,
        pieces.contract_id,
        pieces.source_system,
        pieces.piece_state,
        pieces.mrr_native,
        coalesce(plans.name, pieces.plan_id) as plan_name
    from pieces
    left join plans
        on pieces.source_system = plans.source_system and pieces.plan_id = plans.plan_id
    where
        pieces.piece_start_date <= {{ as_of() }}
        and (pieces.piece_end_excl is null or pieces.piece_end_excl > {{ as_of() }})

),

contracts as (

    select
        customer_key,
        max(case when mrr_native > 0 then 1 else 0 end) as is_paying,
        max(case when piece_state = 'paused' then 1 else 0 end) as is_paused,
        max(case when piece_state = 'past_due' then 1 else 0 end) as is_past_due,
        max(case when piece_state = 'trial' then 1 else 0 end) as is_trial,
        max(case when piece_state = 'free' then 1 else 0 end) as is_free,
        count(distinct {{ hash_key(['source_system', 'contract_id']) }}) as running_contract_count,
        {{ distinct_list('plan_name') }} as plan_names
    from pieces_running
    group by customer_key

),

levels as (

    select
        movements.customer_key,
        movements.month,
        lead(movements.month) over (
            partition by movements.customer_key order by movements.month nulls last
        ) as next_month,
        movements.mrr_after as mrr
    from movements

),

-- one row also when no month is shown
edges as (

    select max(last_completed_month) as last_completed_month from months

),

mrr as (

    select
        levels.customer_key,
        min(case when levels.mrr > 0 then levels.month end) as first_month,
        max(
            case
                when levels.mrr > 0 then coalesce(
                    {{ add_months('levels.next_month', -1) }}, edges.last_completed_month
                )
            end
        ) as last_month,
        max(case when levels.next_month is null then levels.mrr else 0 end) as mrr
    from levels
    cross join edges
    group by levels.customer_key

),

revenue_summed as (

    select
        customer_key,
        sum(net_revenue) as net_revenue
    from revenue
    group by customer_key

),

receivables_summed as (

    select
        customer_key,
        sum(balance) as balance
    from receivables
    group by customer_key

),

terms_open as (

    select
        customer_key,
        min(term_end_date) as next_term_end_date
    from terms
    where outcome = 'open'
    group by customer_key

),

consents_pivoted as (

    select
        customer_key,
        {%- for channel in ['email', 'line', 'dm', 'phone'] %}
        max(case when channel = '{{ channel }}' then cast(is_granted as int) end)
            as {{ channel }}{{ ',' if not loop.last }}
        {%- endfor %},
        max(case when channel = 'email' then cast(is_granted_by_account as int) end)
            as account_email
    from consents
    group by customer_key

),

joined as (

    select
        customers.customer_key,
        customers.customer_type,
        customers.display_name,
        cast(
            case
                when contracts.is_paying = 1 then 'paying'
                when contracts.is_paused = 1 then 'paused'
                when contracts.is_past_due = 1 then 'past_due'
                when contracts.is_trial = 1 then 'trial'
                when contracts.is_free = 1 then 'free'
                when mrr.first_month is not null then 'former'
                else 'never_paid'
            end as string
        ) as customer_status,
        customers.owner,
        {{ money('coalesce(mrr.mrr, 0)') }} as mrr,
        cast(coalesce(contracts.running_contract_count, 0) as bigint) as running_contract_count,
        cast(contracts.plan_names as string) as plan_names,
        customers.first_paid_month,
        cast(mrr.last_month as date) as last_paid_month,
        cast(
            {{ months_between('mrr.first_month', 'mrr.last_month') }} + 1 as bigint
        ) as tenure_months,
        cast(terms_open.next_term_end_date as date) as next_term_end_date,
        rfm.r_score,
        rfm.f_score,
        rfm.m_score,
        rfm.rfm_cell,
        rfm.decile,
        rfm.abc_class,
        {{ total('coalesce(rfm.net_revenue_12m, 0)') }} as net_revenue_12m,
        {{ total('coalesce(revenue_summed.net_revenue, 0)') }} as net_revenue_to_date,
        {{ total(
            'coalesce(revenue_summed.net_revenue, 0) * cast(' ~ margin ~ ' as decimal(8, 6))'
        ) }} as ltv_realised_amount,
        seen.last_payment_date,
        seen.last_usage_date,
        cast(contacts.last_contact_date as date) as last_contact_date,
        cast(inquiries.last_inquiry_date as date) as last_inquiry_date,
        cast(coalesce(inquiries.inquiry_90d_count, 0) as bigint) as inquiry_90d_count,
        cast(coalesce(inquiries.complaint_90d_count, 0) as bigint) as complaint_90d_count,
        {{ total('coalesce(receivables_summed.balance, 0)') }} as ar_open_balance,
        {%- for channel in ['email', 'line', 'dm', 'phone'] %}
        cast(consents_pivoted.{{ channel }} = 1 as boolean) as has_{{ channel }}_consent,
        {%- endfor %}
        cast(consents_pivoted.account_email = 1 as boolean) as has_account_email_consent,
        {{ policy_columns() }}
    from customers
    left join contracts on customers.customer_key = contracts.customer_key
    left join mrr on customers.customer_key = mrr.customer_key
    left join terms_open on customers.customer_key = terms_open.customer_key
    left join rfm on customers.customer_key = rfm.customer_key
    left join revenue_summed on customers.customer_key = revenue_summed.customer_key
    left join seen on customers.customer_key = seen.customer_key
    left join contacts on customers.customer_key = contacts.customer_key
    left join inquiries on customers.customer_key = inquiries.customer_key
    left join receivables_summed on customers.customer_key = receivables_summed.customer_key
    left join consents_pivoted on customers.customer_key = consents_pivoted.customer_key

)

select * from joined
