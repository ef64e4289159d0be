// Business rule for ServiceNow: tells syncservice that a record was inserted or updated. It signs in with an API key.
// Where to put it, and the two system properties that it reads: docs/connect/servicenow.md.
(function executeRule(current, previous) {
    var appLinkName = 'JiraServiceNow'; // the app link's name in syncservice
    var origin = 'destination'; // the side of the app link at which this instance stands: source or destination

    var request = new sn_ws.RESTMessageV2();
    request.setEndpoint(gs.getProperty('syncservice.url') + '/SyncService/push');
    request.setHttpMethod('POST');
    request.setRequestHeader('Content-Type', 'application/json');
    request.setRequestHeader('apikey', gs.getProperty('syncservice.api_key'));
    request.setRequestBody(JSON.stringify({
        appLinkName: appLinkName,
        origin: origin,
        id: current.getUniqueValue()
    }));
    request.setHttpTimeout(10000);

    var what = 'syncservice: ' + current.getTableName() + ' ' + current.getUniqueValue();
    try {
        var response = request.execute();
        if (response.haveError()) {
            gs.error(what + ' was not pushed: ' + response.getErrorMessage());
        } else if (response.getStatusCode() != 201) {
            gs.error(what + ' was refused with ' + response.getStatusCode() + ': ' + response.getBody());
        }
    } catch (problem) {
        gs.error(what + ' was not pushed: ' + problem);
    }
})(current, previous);
