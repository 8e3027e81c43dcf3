@rem Starts the program with its own Python; its exit code is handed on.
@"%~dp0python.exe" -m app %*
