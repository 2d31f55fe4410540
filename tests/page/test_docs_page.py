"""The interactive documentation at /docs in a real browser: authorise, and try an operation."""

from browsing import js

OPERATION = "[...document.querySelectorAll('.opblock')].find((each) => each.querySelector('.opblock-summary-path')?.dataset.path === '/v2/things' && each.classList.contains('opblock-get'))"
# React only notices a value that the prototype's setter has set.
FILL = """((input) => {
Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, %s);
input.dispatchEvent(new Event("input", {bubbles: true}));
})(document.querySelector(".auth-container input"))"""


def test_an_operation_is_tried_out_in_the_browser(browser, make_project):
    project = make_project(("a", "INT"), name="Seen in the docs")
    browser.command("Page.navigate", url=project.about["docs"])
    browser.wait(OPERATION, 20)
    browser.click("document.querySelector('.btn.authorize')")
    browser.wait("document.querySelector('.auth-container input')")
    browser.evaluate(FILL % js(project.token))
    browser.click("document.querySelector('.auth-btn-wrapper .authorize')")
    browser.wait("document.querySelector('.auth-container').textContent.includes('Authorized')")
    browser.click("document.querySelector('.auth-btn-wrapper .btn-done')")
    browser.wait("!document.querySelector('.auth-container')")

    browser.click("(%s).querySelector('.opblock-summary-control')" % OPERATION)
    browser.wait("(%s).querySelector('.try-out__btn')" % OPERATION)
    browser.click("(%s).querySelector('.try-out__btn')" % OPERATION)
    browser.wait("(%s).querySelector('.execute')" % OPERATION)
    browser.click("(%s).querySelector('.execute')" % OPERATION)
    browser.wait("(%s).querySelector('.live-responses-table tr.response .response-col_status')?.textContent.trim().startsWith('200')" % OPERATION)
    assert "Seen in the docs" in browser.evaluate("(%s).querySelector('.live-responses-table').textContent" % OPERATION)
