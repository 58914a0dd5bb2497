with dated as (

    {{
        dated_statements(
            source('landed', 'crm__accounts'),
            ref('stg_control__deliveries'),
            'crm.accounts',
            [
                'kind', 'corporate_number', 'industry', 'capital', 'employees', 'listed',
                'fiscal_month', 'prefecture', 'region', 'owner', 'acquisition_channel',
                'created_date',
            ],
        ) | indent(4)
    }}

)

select * from dated
