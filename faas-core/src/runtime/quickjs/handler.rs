//! The forms of handlers that other platforms define.

use serde::{Deserialize, Serialize};

/// How the handler of a program was found, and so how it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::runtime) enum Handler {
    /// The code is the body of the handler.
    Body,
    /// The value of the code is the handler.
    Expression,
    /// A declared function, such as OpenWhisk's `main`.
    Function,
    /// An exported function that takes the input and the context.
    Export,
    /// `handler(event, context)` of AWS Lambda.
    Lambda,
    /// `handler(event, context, callback)`, or one that calls `context.succeed` and the like.
    LambdaCallback,
    /// `export default { fetch(request, env, ctx) }`.
    WorkersFetch,
    /// `addEventListener("fetch", …)`.
    ServiceWorker,
    /// `Deno.serve(…)`.
    DenoServe,
    /// Functions named after HTTP methods, which take a `Request`.
    Methods,
    /// A function that takes a `Request` and returns a `Response`.
    Request,
    /// `(req, res)` of Node.js servers.
    NodeHttp,
    /// `module.exports = (event, context)` of OpenFaaS.
    OpenFaas,
    /// `module.exports = (context)` of Fission.
    Fission,
    /// `handler(context, event)` of Nuclio.
    Nuclio,
}

impl Handler {
    /// Returns the name that users see, which `prelude/forms.js` knows too.
    pub(in crate::runtime) const fn as_str(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Expression => "expression",
            Self::Function => "function",
            Self::Export => "export",
            Self::Lambda => "lambda",
            Self::LambdaCallback => "lambda.callback",
            Self::WorkersFetch => "workers.fetch",
            Self::ServiceWorker => "workers.event",
            Self::DenoServe => "deno.serve",
            Self::Methods => "http.methods",
            Self::Request => "http.request",
            Self::NodeHttp => "node.http",
            Self::OpenFaas => "openfaas",
            Self::Fission => "fission",
            Self::Nuclio => "nuclio",
        }
    }

    /// Whether the program registers its handler when it is evaluated, and exports none.
    pub(super) const fn is_registered(self) -> bool {
        matches!(self, Self::ServiceWorker | Self::DenoServe)
    }
}
