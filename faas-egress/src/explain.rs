//! What would happen to a request, and why.

use faas_core::egress::{ExplainedAddress, Explanation, RefusedBy};
use faas_core::model::egress::EgressRules;

use crate::broker::Inner;
use crate::connect::refused_addresses;
use crate::failure::Failure;
use crate::request::{parse_method, parse_url, target};

impl Inner {
    pub(crate) async fn explain(
        &self,
        url: &str,
        method: &str,
        rules: Option<&EgressRules>,
    ) -> Explanation {
        let mut explanation = Explanation {
            url: None,
            allowed: false,
            refusal: None,
            addresses: Vec::new(),
            headers: Vec::new(),
        };
        match self
            .explain_into(&mut explanation, url, method, rules)
            .await
        {
            Ok(()) => explanation.allowed = true,
            Err(failure) => explanation.refusal = Some(failure.error.message),
        }
        explanation
    }

    async fn explain_into(
        &self,
        explanation: &mut Explanation,
        url: &str,
        method: &str,
        rules: Option<&EgressRules>,
    ) -> Result<(), Failure> {
        let url = parse_url(url)?;
        explanation.url = Some(url.as_str().to_owned());
        let method = parse_method(method)?;
        let target = target(&url, method.as_str());
        let policy = self.connector.policy.check_target(&target);
        policy.map_err(|why| Failure::refused(RefusedBy::Server, target.host, &why))?;
        if let Some(rules) = rules {
            let set = rules.decide(&target);
            let set =
                set.map_err(|why| Failure::refused(RefusedBy::Function, target.host, &why))?;
            explanation.headers = set.iter().map(|(name, _)| (*name).to_owned()).collect();
            explanation.headers.sort();
            explanation.headers.dedup();
        }
        let judged = self.connector.judge(target.host).await?;
        let addresses = judged.iter().map(|(address, verdict)| ExplainedAddress {
            address: *address,
            refusal: verdict.as_ref().err().map(ToString::to_string),
        });
        explanation.addresses = addresses.collect();
        if judged.iter().all(|(_, verdict)| verdict.is_err()) {
            return Err(refused_addresses(target.host, &judged));
        }
        Ok(())
    }
}
