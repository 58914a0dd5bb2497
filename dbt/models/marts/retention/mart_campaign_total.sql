{#- rate: why it is missing when the denominator is 0 -#}
{%- set rates = [
    ('conversion_90d_rate', 'no_mature_trial'),
    ('retention_3m_rate', 'no_mature_customer'),
    ('retention_6m_rate', 'no_mature_customer'),
    ('retention_12m_rate', 'no_mature_customer'),
    ('cac', 'no_new_customer'),
    ('realised_ltv', 'no_new_customer'),
    ('ltv_cac_ratio', 'no_acquisition_cost'),
] %}
{%- set levels = [
    ("'all'", "'all'", "'all'"),
    ('channel', "'all'", 'channel'),
    ('channel', 'campaign_id', 'max(campaign_name)'),
] %}
with performance as (

    select * from {{ ref('mart_campaign_performance') }}

),

summed as (

    {%- for channel, campaign, name in levels %}
    select
        cast({{ channel }} as string) as channel,
        cast({{ campaign }} as string) as campaign_id,
        cast({{ name }} as string) as campaign_name,
        sum(trial_count) as trial_count,
        sum(new_customer_count) as new_customer_count,
        sum(net_revenue) as net_revenue
        {%- for rate, _ in rates %},
        sum({{ rate }}_numerator) as {{ rate }}_numerator,
        sum({{ rate }}_denominator) as {{ rate }}_denominator
        {%- endfor %}
    from performance
    {%- if channel == 'channel' %}
    group by channel{{ ', campaign_id' if campaign == 'campaign_id' }}
    {%- else %}
    having count(*) > 0
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

totals as (

    select
        channel,
        campaign_id,
        campaign_name,
        cast(trial_count as bigint) as trial_count,
        cast(new_customer_count as bigint) as new_customer_count,
        {{ total('net_revenue') }} as net_revenue,
        {%- for rate, missing in rates %}
        {%- set numerator = rate ~ '_numerator' %}
        {#- no cost delivered is no cost per customer rather than one of 0 #}
        {{ divide(
            'nullif(' ~ numerator ~ ', 0)' if rate == 'cac' else numerator, rate ~ '_denominator'
        ) }} as {{ rate }},
        {{ total(numerator) }} as {{ rate }}_numerator,
        {{ total(rate ~ '_denominator') }} as {{ rate }}_denominator,
        cast(
            case
                when {{ rate }}_denominator = 0 then '{{ missing }}'
                {%- if rate == 'cac' %}
                when cac_numerator = 0 then 'no_acquisition_cost'
                {%- endif %}
            end as string
        ) as {{ rate }}_null_reason,
        {%- endfor %}
        {{ policy_columns() }}
    from summed

)

select * from totals
