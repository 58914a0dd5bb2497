{#- rate: numerator, denominator, why it is missing when the denominator is 0 -#}
{%- set rates = [
    ('conversion_90d_rate', 'converted_trial_count', 'mature_trial_count', 'no_mature_trial'),
    ('retention_3m_rate', 'active_3m_count', 'mature_3m_count', 'no_mature_customer'),
    ('retention_6m_rate', 'active_6m_count', 'mature_6m_count', 'no_mature_customer'),
    ('retention_12m_rate', 'active_12m_count', 'mature_12m_count', 'no_mature_customer'),
    ('cac', 'acquisition_cost', 'new_customer_count', 'no_new_customer'),
    ('realised_ltv', 'realised_gross_profit', 'new_customer_count', 'no_new_customer'),
    ('ltv_cac_ratio', 'realised_gross_profit', 'acquisition_cost', 'no_acquisition_cost'),
] %}
{%- set checkpoints = [3, 6, 12] %}
with cohort_changes as (

    select * from {{ ref('int_cohort_changes_listed') }}

),

lifetimes as (

    select * from {{ ref('int_customer_lifetimes') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

attributed as (

    select * from {{ ref('int_customers_attributed') }}

),

campaigns as (

    select * from {{ ref('int_campaigns_picked') }}

),

costs as (

    select * from {{ ref('int_campaign_costs_valued') }}

),

trials as (

    select * from {{ ref('fct_trial') }}
    where not is_existing_customer

),

revenue as (

    select * from {{ ref('int_customer_revenue_monthly') }}

),

edges as (

    select distinct last_completed_month
    from months

),

-- 集客媒体: the campaign's; a customer without a campaign brings its own
sources as (

    select
        customers.customer_key,
        case
            when attributed.campaign_id is not null
                then coalesce(attributed.campaign_channel, '未設定')
            else coalesce(customers.acquisition_channel, '未設定')
        end as channel,
        coalesce(attributed.campaign_id, '未設定') as campaign_id
    from customers
    left join attributed on customers.customer_key = attributed.customer_key

),

spent as (

    select
        coalesce(campaigns.campaign_channel, '未設定') as channel,
        costs.campaign_id,
        costs.month as cohort_month,
        costs.acquisition_cost
    from costs
    inner join campaigns on costs.campaign_id = campaigns.campaign_id

),

newcomers as (

    select
        lifetimes.customer_key,
        lifetimes.cohort_month,
        sources.channel,
        sources.campaign_id
        {%- for k in checkpoints %},
        case
            when
                {{ months_between('lifetimes.cohort_month', 'edges.last_completed_month') }}
                >= {{ k }}
                then 1
            else 0
        end as is_mature_{{ k }}m
        {%- endfor %}
    from lifetimes
    inner join sources on lifetimes.customer_key = sources.customer_key
    cross join edges

),

paying as (

    select
        newcomers.customer_key
        {%- for k in checkpoints %},
        sum(
            case
                when
                    newcomers.is_mature_{{ k }}m = 1
                    and {{ months_between('newcomers.cohort_month', 'cohort_changes.month') }}
                    <= {{ k }}
                    then cohort_changes.active_change
                else 0
            end
        ) as is_active_{{ k }}m
        {%- endfor %}
    from newcomers
    inner join cohort_changes on newcomers.customer_key = cohort_changes.customer_key
    group by newcomers.customer_key

),

revenue_to_date as (

    select
        customer_key,
        sum(net_revenue) as net_revenue,
        sum(document_without_rate_count) as document_without_rate_count
    from revenue
    group by customer_key

),

won as (

    select
        newcomers.channel,
        newcomers.campaign_id,
        newcomers.cohort_month,
        count(*) as new_customer_count,
        {%- for k in checkpoints %}
        sum(newcomers.is_mature_{{ k }}m) as mature_{{ k }}m_count,
        sum(coalesce(paying.is_active_{{ k }}m, 0)) as active_{{ k }}m_count,
        {%- endfor %}
        -- nothing invoiced is 0; an amount without a rate stays null and stops the publish
        case
            when max(revenue_to_date.document_without_rate_count) > 0 then null
            else sum(coalesce(revenue_to_date.net_revenue, 0))
        end as net_revenue
    from newcomers
    left join paying on newcomers.customer_key = paying.customer_key
    left join revenue_to_date on newcomers.customer_key = revenue_to_date.customer_key
    group by newcomers.channel, newcomers.campaign_id, newcomers.cohort_month

),

tried as (

    select
        sources.channel,
        sources.campaign_id,
        {{ month_start('trials.trial_start_date') }} as cohort_month,
        count(*) as trial_count,
        sum(
            case
                when
                    {{ add_days(add_months(month_start('trials.trial_start_date'), 1), 89) }}
                    <= {{ as_of() }}
                    then 1
                else 0
            end
        ) as mature_trial_count,
        sum(
            case
                when
                    trials.conversion_days <= 90
                    and {{ add_days(add_months(month_start('trials.trial_start_date'), 1), 89) }}
                    <= {{ as_of() }}
                    then 1
                else 0
            end
        ) as converted_trial_count
    from trials
    inner join sources on trials.customer_key = sources.customer_key
    group by
        sources.channel, sources.campaign_id, {{ month_start('trials.trial_start_date') }}

),

keys as (

    {%- for step in ['won', 'tried', 'spent'] %}
    select
        channel,
        campaign_id,
        cohort_month
    from {{ step }}
    {{ 'union' if not loop.last }}
    {%- endfor %}

),

joined as (

    select
        keys.channel,
        keys.campaign_id,
        coalesce(campaigns.campaign_name, keys.campaign_id) as campaign_name,
        keys.cohort_month,
        coalesce(tried.trial_count, 0) as trial_count,
        coalesce(tried.mature_trial_count, 0) as mature_trial_count,
        coalesce(tried.converted_trial_count, 0) as converted_trial_count,
        coalesce(won.new_customer_count, 0) as new_customer_count,
        {%- for k in checkpoints %}
        coalesce(won.mature_{{ k }}m_count, 0) as mature_{{ k }}m_count,
        coalesce(won.active_{{ k }}m_count, 0) as active_{{ k }}m_count,
        {%- endfor %}
        case when won.channel is null then 0 else won.net_revenue end as net_revenue,
        {{ total('case when won.channel is null then 0 else won.net_revenue end') }}
        * cast({{ var('gross_margin_rate') }} as decimal(8, 6)) as realised_gross_profit,
        case when spent.channel is null then 0 else spent.acquisition_cost end as acquisition_cost
    from keys
    left join campaigns on keys.campaign_id = campaigns.campaign_id
    {%- for step in ['won', 'tried', 'spent'] %}
    left join {{ step }}
        on
            keys.channel = {{ step }}.channel
            and keys.campaign_id = {{ step }}.campaign_id
            and keys.cohort_month = {{ step }}.cohort_month
    {%- endfor %}

),

performance as (

    select
        cast(campaign_id as string) as campaign_id,
        cast(channel as string) as channel,
        cast(cohort_month as date) as cohort_month,
        cast(campaign_name as string) as campaign_name,
        cast(trial_count as bigint) as trial_count,
        cast(new_customer_count as bigint) as new_customer_count,
        {{ total('net_revenue') }} as net_revenue,
        {%- for rate, numerator, denominator, missing in rates %}
        {#- a month without a cost delivered has no cost per customer rather than one of 0 #}
        {{ divide('nullif(acquisition_cost, 0)' if rate == 'cac' else numerator, denominator) }}
            as {{ rate }},
        {{ total(numerator) }} as {{ rate }}_numerator,
        {{ total(denominator) }} as {{ rate }}_denominator,
        cast(
            case
                when {{ denominator }} = 0 then '{{ missing }}'
                {%- if rate == 'cac' %}
                when acquisition_cost = 0 then 'no_acquisition_cost'
                {%- endif %}
            end as string
        ) as {{ rate }}_null_reason,
        {%- endfor %}
        {{ policy_columns() }}
    from joined

)

select * from performance
