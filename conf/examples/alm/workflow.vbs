' Workflow script for ALM/Quality Center: tells syncservice that a record was saved. Where to put it: docs/connect/alm.md.
' It runs on the desktop client's computer and holds the screen until the answer is there, which takes milliseconds; when
' nobody answers, it gives up after a few seconds and lets the user go on.

Const SyncUrl = "https://sync.example.com"
Const SyncOrigin = "destination"      ' the side of the app link at which ALM stands: source or destination
Const SyncProject = "QualityCenter"   ' this project, as the app link calls it
Const SyncApiKey = ""                 ' a key of syncservice; or, for Basic:
Const SyncUser = ""
Const SyncPassword = ""

' In the script of the Requirements module: the app link's name in syncservice, and the id.
Sub Req_AfterPost
  SyncPush "Jira6QC11Req", Req_Fields("RQ_REQ_ID").Value
End Sub

' In that of the Defects module. Bare ids are of the first of the application's entities, which are requirements here.
Sub Bug_AfterPost
  SyncPush "Jira6QC11Defect", "defect/" & Bug_Fields("BG_BUG_ID").Value
End Sub

' In the common script, as all that follows and the constants.
Sub SyncPush(AppLink, Id)
  On Error Resume Next
  Dim Request
  Set Request = CreateObject("MSXML2.ServerXMLHTTP.6.0")
  Request.setTimeouts 1000, 1000, 2000, 2000
  Request.open "POST", SyncUrl & "/SyncService/push", False
  Request.setRequestHeader "Content-Type", "application/json; charset=utf-8"
  If SyncApiKey <> "" Then
    Request.setRequestHeader "apikey", SyncApiKey
  Else
    Request.setRequestHeader "Authorization", "Basic " & SyncBase64(SyncUser & ":" & SyncPassword)
  End If
  Request.send "{""appLinkName"":""" & AppLink & """,""origin"":""" & SyncOrigin & _
    """,""project"":""" & SyncProject & """,""id"":""" & Id & """}"
  On Error GoTo 0
End Sub

' The text, of ASCII characters, in Base64.
Function SyncBase64(Text)
  Dim Node, Bytes
  Set Bytes = CreateObject("ADODB.Stream")
  Bytes.Type = 2
  Bytes.Charset = "us-ascii"
  Bytes.Open
  Bytes.WriteText Text
  Bytes.Position = 0
  Bytes.Type = 1
  Set Node = CreateObject("MSXML2.DOMDocument.6.0").createElement("b64")
  Node.dataType = "bin.base64"
  Node.nodeTypedValue = Bytes.Read
  SyncBase64 = Replace(Replace(Node.text, vbLf, ""), vbCr, "")
  Bytes.Close
End Function
