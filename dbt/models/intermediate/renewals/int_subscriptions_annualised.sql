-- What a contract line in service is worth per year, ex tax: one division, so that a contract of
-- 100,000 a year is worth 100,000 and not twelve times a rounded month (D16, D17).
{#- unit: intervals per year -#}
{%- set intervals_per_year = {'year': '1', 'month': '12', 'week': '52', 'day': '365'} %}
with pieces as (

    select * from {{ ref('int_subscriptions_pieced') }}

),

segments as (

    select * from {{ ref('int_subscriptions_bounded') }}

),

in_service as (

    select
        pieces.*,
        segments.included_tax_rate,
        least(pieces.piece_end_excl, pieces.service_end_excl) as in_service_end_excl
    from pieces
    inner join segments on pieces.segment_key = segments.segment_key
    where pieces.piece_state not in ('trial', 'grace', 'free')

),

annualised as (

    select
        piece_key,
        segment_key,
        subscription_key,
        customer_key,
        source_system,
        contract_id,
        segment_start_date,
        piece_start_date,
        cast(in_service_end_excl as date) as in_service_end_excl,
        cast(
            case interval_unit
                {%- for unit, times_a_year in intervals_per_year.items() %}
                when '{{ unit }}' then {{ divide(
                    'net_native * ' ~ times_a_year,
                    '(1 + included_tax_rate) * interval_count') }}
                {%- endfor %}
            end as decimal(18, 6)
        ) as annual_native,
        currency
    from in_service

)

select * from annualised
