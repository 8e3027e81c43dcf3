; The Windows installer, made on Linux by makensis: /S /AllUsers|/CurrentUser /D=FOLDER (the last word, without quotes).
; The uninstaller takes /S, and /PURGE for the user's data too, which it keeps otherwise.
; Exit codes: 0 done, 1 stopped, 2 aborted, 4 a newer version is there, 5 the program runs, 7 no room on the disk.
Target amd64-unicode
SetCompressor /SOLID zlib
!define NAME "Zhian Twin"
!define KEY "Software\${NAME}"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\${NAME}"
!define MULTIUSER_EXECUTIONLEVEL Highest
!define MULTIUSER_MUI
!define MULTIUSER_INSTALLMODE_COMMANDLINE
!define MULTIUSER_USE_PROGRAMFILES64
!define MULTIUSER_INSTALLMODE_INSTDIR "${NAME}"
!define MULTIUSER_INSTALLMODE_INSTDIR_REGISTRY_KEY "${KEY}"
!define MULTIUSER_INSTALLMODE_INSTDIR_REGISTRY_VALUENAME "Folder"
!define MULTIUSER_INSTALLMODE_DEFAULT_REGISTRY_KEY "${KEY}"
!define MULTIUSER_INSTALLMODE_DEFAULT_REGISTRY_VALUENAME "Version"
!include MultiUser.nsh
!include MUI2.nsh
!include LogicLib.nsh
!include FileFunc.nsh
!include WordFunc.nsh

Name "${NAME}"
OutFile "${OUT}"
BrandingText " "
!define MUI_ICON "${STAGE}\zhian.ico"
!define MUI_UNICON "${STAGE}\zhian.ico"
VIProductVersion "${VERSION}"
VIAddVersionKey /LANG=0 "ProductName" "${NAME}"
VIAddVersionKey /LANG=0 "FileDescription" "${NAME}"
VIAddVersionKey /LANG=0 "FileVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "ProductVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "LegalCopyright" "Apache License 2.0"

!insertmacro MULTIUSER_PAGE_INSTALLMODE
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "SimpChinese"
!insertmacro MUI_LANGUAGE "English"
LangString Newer ${LANG_SIMPCHINESE} "已安装更新的版本 $1，不能降级。请先卸载它（数据会保留），并恢复升级前的备份。"
LangString Newer ${LANG_ENGLISH} "The newer version $1 is installed. Remove it first (data are kept), and restore the backup made before the upgrade."
LangString Running ${LANG_SIMPCHINESE} "程序正在运行。请关闭窗口和引擎后重试。"
LangString Running ${LANG_ENGLISH} "The program is running. Close its window and engine, then try again."
LangString NoRoom ${LANG_SIMPCHINESE} "磁盘空间不足：需要 ${MEGABYTES} MB。"
LangString NoRoom ${LANG_ENGLISH} "The disk has too little room: ${MEGABYTES} MB are needed."

!macro Refuse code words
    SetErrorLevel ${code}
    MessageBox MB_ICONSTOP "${words}" /SD IDOK
    Quit
!macroend

!macro RemoveProgram
    RMDir /r "$INSTDIR\Lib"
    RMDir /r "$INSTDIR\licences"
    Delete "$INSTDIR\*.pyd"
    Delete "$INSTDIR\*.dll"
    Delete "$INSTDIR\python*.*"
    Delete "$INSTDIR\zhian.*"
    Delete "$INSTDIR\sbom.cdx.json"
!macroend

Function .onInit
    !insertmacro MULTIUSER_INIT
FunctionEnd

Function un.onInit
    !insertmacro MULTIUSER_UNINIT
FunctionEnd

Section
    ReadRegStr $1 SHCTX "${KEY}" "Version"
    ${If} $1 != ""
        ${VersionCompare} "$1" "${VERSION}" $2
        ${If} $2 == 1
            !insertmacro Refuse 4 "$(Newer)"
        ${EndIf}
    ${EndIf}
    ${If} ${FileExists} "$INSTDIR\python311.dll"
        ; A library that is in use cannot be opened for writing.
        ClearErrors
        FileOpen $3 "$INSTDIR\python311.dll" a
        ${If} ${Errors}
            !insertmacro Refuse 5 "$(Running)"
        ${EndIf}
        FileClose $3
    ${EndIf}
    ${GetRoot} "$INSTDIR" $4
    ${DriveSpace} "$4\" "/D=F /S=M" $5
    ${If} $5 < ${MEGABYTES}
        !insertmacro Refuse 7 "$(NoRoom)"
    ${EndIf}
    !insertmacro RemoveProgram
    SetOutPath "$INSTDIR"
    File /r "${STAGE}\*.*"
    WriteUninstaller "$INSTDIR\uninstall.exe"
    WriteRegStr SHCTX "${KEY}" "Folder" "$INSTDIR"
    WriteRegStr SHCTX "${KEY}" "Version" "${VERSION}"
    WriteRegStr SHCTX "${UNINSTALL}" "DisplayName" "${NAME}"
    WriteRegStr SHCTX "${UNINSTALL}" "DisplayVersion" "${VERSION}"
    WriteRegStr SHCTX "${UNINSTALL}" "DisplayIcon" "$INSTDIR\zhian.ico"
    WriteRegStr SHCTX "${UNINSTALL}" "Publisher" "Zhian Twin"
    WriteRegStr SHCTX "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe" /$MultiUser.InstallMode'
    WriteRegStr SHCTX "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S /$MultiUser.InstallMode'
    WriteRegDWORD SHCTX "${UNINSTALL}" "EstimatedSize" ${KILOBYTES}
    WriteRegDWORD SHCTX "${UNINSTALL}" "NoModify" 1
    WriteRegDWORD SHCTX "${UNINSTALL}" "NoRepair" 1
    SetOutPath "$PROFILE"
    CreateShortcut "$SMPROGRAMS\${NAME}.lnk" "$INSTDIR\pythonw.exe" "-m app run --dialogs" "$INSTDIR\zhian.ico"
SectionEnd

Section Uninstall
    ClearErrors
    FileOpen $3 "$INSTDIR\python311.dll" a
    ${If} ${Errors}
        !insertmacro Refuse 5 "$(Running)"
    ${EndIf}
    FileClose $3
    !insertmacro RemoveProgram
    Delete "$INSTDIR\uninstall.exe"
    RMDir "$INSTDIR"
    Delete "$SMPROGRAMS\${NAME}.lnk"
    DeleteRegKey SHCTX "${UNINSTALL}"
    DeleteRegKey SHCTX "${KEY}"
    ${GetParameters} $6
    ClearErrors
    ${GetOptions} $6 "/PURGE" $7
    ${IfNot} ${Errors}
        SetShellVarContext current
        RMDir /r "$LOCALAPPDATA\zhian"
    ${EndIf}
SectionEnd
