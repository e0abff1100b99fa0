//! `sign-in` and `sign-out`.

use crate::args::SignIn;
use crate::ended::Ended;
use crate::input;
use crate::output::Output;
use crate::words;
use tidemark_app::App;

pub(crate) async fn sign_in(app: &App, sign_in: SignIn, out: Output) -> anyhow::Result<Ended> {
    // Wrong usage ends here, with status 2.
    let sign_in = sign_in.with_token_from(std::env::var("TIDEMARK_TOKEN").ok()).unwrap_or_else(|error| error.exit());
    let session = match (&sign_in.token, &sign_in.user) {
        (Some(token), _) => app.sign_in_with_token(&sign_in.url, token).await?,
        (None, user) => {
            let user = user.as_deref().unwrap_or_default();
            let password = input::password(user)?;
            app.sign_in(&sign_in.url, user, &password).await?
        }
    };
    out.print(&session, || words::session(&session))?;
    Ok(Ended::Done)
}

pub(crate) async fn sign_out(app: &App, discard: bool, out: Output) -> anyhow::Result<Ended> {
    let session = app.sign_out(discard).await?;
    out.print(&session, || words::session(&session))?;
    Ok(Ended::Done)
}
