with projected as (

    select * from {{ source('forecast', 'retention_projection') }}

),

projection as (

    select
        cast(segment_attribute as string) as segment_attribute,
        cast(segment_value as string) as segment_value,
        cast(months_since_first as bigint) as months_since_first,
        cast(at_risk_count as bigint) as at_risk_count,
        {{ rate_of_double('observed_survival_rate') }} as observed_survival_rate,
        {{ rate_of_double('observed_survival_lower_rate') }} as observed_survival_lower_rate,
        {{ rate_of_double('observed_survival_upper_rate') }} as observed_survival_upper_rate,
        cast(model as string) as model,
        cast(model_null_reason as string) as model_null_reason,
        {{ rate_of_double('model_survival_rate') }} as model_survival_rate,
        {{ rate_of_double('projected_survival_rate') }} as projected_survival_rate,
        cast(is_extrapolated as boolean) as is_extrapolated,
        cast(residual_lifetime_months as decimal(18, 6)) as residual_lifetime_months,
        cast(model_null_reason as string) as residual_lifetime_months_null_reason,
        {{ policy_columns() }}
    from projected

)

select * from projection
