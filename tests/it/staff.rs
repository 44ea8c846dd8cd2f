//! Signing in, sessions, tokens, accounts.

use hangtag::staff::accounts::Role;

use crate::story;
use crate::support::Request;

story!(a_person_and_a_program_are_recognised, |app| {
    for role in Role::ALL {
        app.persona(*role).await.get("/no/such/place").await.expect(404);
        app.api(*role).await.get("/no/such/place").await.expect(404);
    }
    let forged = app.send(Request::get("/no/such/place").header("authorization", "Bearer nonsense")).await.expect(401);
    assert_eq!(forged.code(), "bad_token");
});
