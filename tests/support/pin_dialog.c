/* A PKCS#11 module for tests that behaves like a middleware with its own PIN dialog, on top of a SoftHSM token.
 *
 * Every call goes through to the module REAL_MODULE (given to the compiler), except what a Belgian eID does otherwise:
 *   - the token says that it asks for the PIN itself (CKF_PROTECTED_AUTHENTICATION_PATH);
 *   - private keys can be seen before any login;
 *   - C_Login without a PIN is a dialog; after it the Authentication key may be used by every process, until somebody
 *     logs out: closing a session or ending the process changes nothing;
 *   - the Signature key asks at every signature, also after C_Login; so does Authentication while nobody is logged in.
 *
 * The folder PIN_DIALOG_FOLDER stands for the person, the card and what they remember:
 *   script   answers of the person, one a line, used up in order: ok, cancel, wrong, locked; none left means cancel
 *   asked    a line for every dialog: "login", "sign Authentication", "sign Signature"
 *   handed   a line for every PIN that a program handed over, which must never happen
 *   open     there while the card is open to every process
 *   broken   while there, every signature fails with CKR_DEVICE_ERROR
 *   spoiled  while there, every signature is altered on its way, as a bad reader does it
 *   version  while there, the module says that it is the government's middleware in this version: "4 4"
 *
 * Written against PKCS #11 v2.40; only the few structures that are touched are declared here.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long ulong_t;
typedef ulong_t (*function_t)();

enum { GET_INFO = 2, GET_FUNCTION_LIST = 3, GET_TOKEN_INFO = 6, OPEN_SESSION = 12, LOGIN = 18, LOGOUT = 19, GET_ATTRIBUTE_VALUE = 24,
       SIGN_INIT = 42, SIGN = 43, FUNCTIONS = 68 };
enum { CKR_OK = 0x00, CKR_GENERAL_ERROR = 0x05, CKR_DEVICE_ERROR = 0x30, CKR_FUNCTION_CANCELED = 0x50,
       CKR_PIN_INCORRECT = 0xA0, CKR_PIN_LOCKED = 0xA4, CKR_USER_ALREADY_LOGGED_IN = 0x100,
       CKR_USER_NOT_LOGGED_IN = 0x101 };
enum { CKU_USER = 1, CKA_LABEL = 3, CKF_PROTECTED_AUTHENTICATION_PATH = 0x100 };

typedef struct { unsigned char version[2]; function_t call[FUNCTIONS]; } function_list_t;
typedef struct { ulong_t type; void *value; ulong_t length; } attribute_t;
typedef struct { unsigned char texts[96]; ulong_t flags; } token_info_t; /* what follows the flags is left alone */

typedef struct { unsigned char cryptoki[2], maker[32]; ulong_t flags; unsigned char description[32], version[2]; } info_t;

static function_list_t *real, ours;
static char label[64];

static void path_of(char *path, size_t size, const char *name) {
    const char *folder = getenv("PIN_DIALOG_FOLDER");
    snprintf(path, size, "%s/%s", folder ? folder : "/nonexistent", name);
}

static void note(const char *name, const char *line) {
    char path[4096];
    path_of(path, sizeof path, name);
    FILE *file = fopen(path, "a");
    if (file == NULL) return;
    fprintf(file, "%s\n", line);
    fclose(file);
}

static int there(const char *name) {
    char path[4096];
    path_of(path, sizeof path, name);
    return access(path, F_OK) == 0;
}

static void forget(const char *name) {
    char path[4096];
    path_of(path, sizeof path, name);
    unlink(path);
}

/* One dialog: the person's next answer, as the return value of a module. */
static ulong_t dialog(const char *what) {
    char path[4096], answer[64] = "cancel", rest[4096] = "";
    note("asked", what);
    path_of(path, sizeof path, "script");
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        if (fscanf(file, "%63s", answer) != 1) strcpy(answer, "cancel");
        rest[fread(rest, 1, sizeof rest - 1, file)] = '\0';
        fclose(file);
        file = fopen(path, "w");
        if (file == NULL) return CKR_GENERAL_ERROR;
        fputs(rest, file);
        fclose(file);
    }
    if (strcmp(answer, "ok") == 0) return CKR_OK;
    if (strcmp(answer, "cancel") == 0) return CKR_FUNCTION_CANCELED;
    if (strcmp(answer, "wrong") == 0) return CKR_PIN_INCORRECT;
    if (strcmp(answer, "locked") == 0) return CKR_PIN_LOCKED;
    return CKR_GENERAL_ERROR;
}

static ulong_t get_info(info_t *info) {
    char path[4096];
    unsigned major, minor;
    ulong_t result = real->call[GET_INFO](info);
    if (result != CKR_OK || info == NULL) return result;
    path_of(path, sizeof path, "version");
    FILE *file = fopen(path, "r");
    if (file == NULL) return result;
    if (fscanf(file, "%u %u", &major, &minor) == 2) {
        info->version[0] = (unsigned char)major;
        info->version[1] = (unsigned char)minor;
        memset(info->maker, ' ', sizeof info->maker);
        memcpy(info->maker, "Belgium Government", 18);
    }
    fclose(file);
    return result;
}

static ulong_t get_token_info(ulong_t slot, token_info_t *info) {
    ulong_t result = real->call[GET_TOKEN_INFO](slot, info);
    if (result == CKR_OK && info != NULL) info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
    return result;
}

/* Below, the SoftHSM token is open as long as a session is: that makes its private keys visible before login. */
static ulong_t open_session(ulong_t slot, ulong_t flags, void *application, void *notify, ulong_t *session) {
    ulong_t result = real->call[OPEN_SESSION](slot, flags, application, notify, session);
    if (result != CKR_OK) return result;
    result = real->call[LOGIN](*session, (ulong_t)CKU_USER, (unsigned char *)TOKEN_PIN, (ulong_t)strlen(TOKEN_PIN));
    return result == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : result;
}

static ulong_t login(ulong_t session, ulong_t user, unsigned char *pin, ulong_t length) {
    (void)session;
    (void)user;
    if (pin != NULL || length != 0) {
        note("handed", "a PIN");
        note("open", "");
        return CKR_OK;
    }
    if (there("open")) return CKR_USER_ALREADY_LOGGED_IN;
    ulong_t result = dialog("login");
    if (result == CKR_OK) note("open", "");
    return result;
}

static ulong_t logout(ulong_t session) {
    (void)session;
    if (!there("open")) return CKR_USER_NOT_LOGGED_IN;
    forget("open");
    return CKR_OK;
}

static ulong_t sign_init(ulong_t session, void *mechanism, ulong_t key) {
    attribute_t wanted = {CKA_LABEL, label, sizeof label - 1};
    memset(label, 0, sizeof label);
    real->call[GET_ATTRIBUTE_VALUE](session, key, &wanted, (ulong_t)1);
    return real->call[SIGN_INIT](session, mechanism, key);
}

static ulong_t sign(ulong_t session, unsigned char *data, ulong_t length, unsigned char *signature, ulong_t *room) {
    char what[128];
    ulong_t result = CKR_OK;
    if (signature == NULL) return real->call[SIGN](session, data, length, signature, room);
    snprintf(what, sizeof what, "sign %s", label);
    if (there("broken"))
        result = CKR_DEVICE_ERROR;
    else if (strcmp(label, "Signature") == 0 || !there("open"))
        result = dialog(what);
    if (result == CKR_OK) {
        result = real->call[SIGN](session, data, length, signature, room);
        if (result == CKR_OK && there("spoiled")) signature[*room - 1] ^= 1;
        return result;
    }
    unsigned char thrown_away[1024]; /* the operation ends below too */
    ulong_t size = sizeof thrown_away;
    real->call[SIGN](session, data, length, thrown_away, &size);
    return result;
}

ulong_t C_GetFunctionList(function_list_t **list);

ulong_t C_GetFunctionList(function_list_t **list) {
    if (real == NULL) {
        void *library = dlopen(REAL_MODULE, RTLD_NOW | RTLD_LOCAL);
        function_t get = library ? (function_t)dlsym(library, "C_GetFunctionList") : NULL;
        if (get == NULL || get(&real) != CKR_OK) return CKR_GENERAL_ERROR;
        ours = *real;
        ours.call[GET_FUNCTION_LIST] = (function_t)C_GetFunctionList;
        ours.call[GET_INFO] = (function_t)get_info;
        ours.call[GET_TOKEN_INFO] = (function_t)get_token_info;
        ours.call[OPEN_SESSION] = (function_t)open_session;
        ours.call[LOGIN] = (function_t)login;
        ours.call[LOGOUT] = (function_t)logout;
        ours.call[SIGN_INIT] = (function_t)sign_init;
        ours.call[SIGN] = (function_t)sign;
    }
    *list = &ours;
    return CKR_OK;
}
