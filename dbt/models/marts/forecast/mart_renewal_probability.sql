with pipeline as (

    select * from {{ ref('mart_renewal_pipeline') }}

),

chances as (

    select * from {{ source('forecast', 'renewal_term_probability') }}

),

chosen as (

    select
        pipeline.*,
        chances.raising_features,
        chances.lowering_features,
        case
            when pipeline.forecast_state <> 'open' then 'decided'
            when chances.p_model is not null then 'model'
            else 'band'
        end as p_source,
        case
            when pipeline.forecast_state = 'open' and chances.p_model is not null
                then cast(chances.p_model as decimal(18, 6))
            else pipeline.p_renew
        end as p_chosen
    from pipeline
    left join chances on pipeline.term_key = chances.term_key

),

probabilities as (

    select
        term_key,
        customer_key,
        term_end_date,
        term_end_month,
        days_to_end,
        forecast_state,
        atr,
        cast(p_chosen as decimal(18, 6)) as p_renew,
        cast(p_source as string) as p_source,
        p_renew as p_band,
        cast(case when p_source = 'model' then raising_features end as string)
            as raising_features,
        cast(case when p_source = 'model' then lowering_features end as string)
            as lowering_features,
        {{ money(
            "case when p_source = 'model' then " ~ times('atr', 'p_chosen')
            ~ ' else expected_value end') }} as expected_value,
        {{ policy_columns() }}
    from chosen

)

select * from probabilities
