-- What every figure means: one declaration per metric column, from which help texts, the glossary
-- and `keizoku metrics` are made.
with metrics as (

    select * from {{ source('control', 'metrics') }}

),

typed as (

    select
        cast(metric_id as string) as metric_id,
        cast(model as string) as model,
        cast(column_name as string) as column_name,
        cast(card as string) as card,
        cast(name_ja as string) as name_ja,
        cast(name_en as string) as name_en,
        cast(definition_ja as string) as definition_ja,
        cast(definition_en as string) as definition_en,
        cast(formula as string) as formula,
        cast(unit as string) as unit,
        cast(grain as string) as grain,
        cast(policy_values as string) as policy_values,
        cast(test_names as string) as test_names,
        cast(owner as string) as owner,
        {{ policy_columns() }}
    from metrics

)

select * from typed
